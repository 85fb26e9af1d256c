package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/domain"
)

// sending is the one message that is at its provider. Messages of a chat go out one after the other, so that the
// customer reads them in the order in which they were written.
type sending struct {
	unsent UnsentMessage
	future workflow.Future
	// ending is set once no worker carried the message in time and only its end is being recorded.
	ending bool
}

// startSend begins the next message. It doesn't when the run is about to be continued: the next run does.
func (c *chat) startSend(ctx workflow.Context) {
	if c.send != nil || len(c.state.Unsent) == 0 || c.full(ctx) {
		return
	}
	next := c.state.Unsent[0]
	now := workflow.Now(ctx)
	if atLeast := now.Add(sendAtLeast); next.Deadline.Before(atLeast) {
		next.Deadline = atLeast
	}
	// A cancelled workflow still finishes its sends.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	summary := fmt.Sprintf("Send %s #%d", channelLabel(next.Fact.Send.ChannelType), next.Fact.Seq)
	var sendingActivities *activities.Sending
	future := workflow.ExecuteActivity(
		providerSend(ctx, summary, *next.Fact.Send, next.Deadline.Sub(now)), sendingActivities.SendMessage, c.sendRequest(next))
	c.send = &sending{unsent: next, future: future}
}

func (c *chat) sendRequest(m UnsentMessage) activities.SendRequest {
	return activities.SendRequest{
		Account: c.ref.Account, Message: domain.MessageID(m.Fact.ID), Provider: m.Fact.Send.Provider, Deadline: m.Deadline,
	}
}

// settleSend takes the result of the message at the provider. An error says only that no worker brought it to an end
// in time; that end is then recorded by a worker that needs no provider.
func (c *chat) settleSend(ctx workflow.Context) error {
	if c.send == nil || !c.send.future.IsReady() {
		return nil
	}
	var result activities.SendResult
	err := c.send.future.Get(ctx, &result)
	switch {
	case err == nil:
	case c.send.ending && isFinal(err):
		result = activities.SendResult{Status: domain.StatusUnknown, Code: domain.ReasonOf(finalError(err))}
		workflow.GetLogger(ctx).Error("message could not be ended", "message", c.send.unsent.Fact.ID, "error", err)
	default:
		c.endSend(ctx, err)
		return nil
	}
	c.send = nil
	c.state = c.state.sent(workflow.Now(ctx), result)
	return nil
}

// endSend begins to record that a message has ended. It is tried for ten minutes at a time, and for ever: a message
// without an end is worse than a workflow that waits for its ledger.
func (c *chat) endSend(ctx workflow.Context, cause error) {
	workflow.GetLogger(ctx).Warn("send was not ended by its worker", "message", c.send.unsent.Fact.ID, "error", cause)
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	summary := fmt.Sprintf("Give up sending #%d", c.send.unsent.Fact.Seq)
	var sendingActivities *activities.Sending
	c.send.ending = true
	c.send.future = workflow.ExecuteActivity(cleanup(ctx, summary), sendingActivities.EndSend, c.sendRequest(c.send.unsent))
}

func finalError(err error) error {
	e, _ := activities.FromTemporal(err)
	return e
}

// sendingSeq is the seq of the message at its provider, 0 when there is none.
func (c *chat) sendingSeq() int64 {
	if c.send == nil {
		return 0
	}
	return c.send.unsent.Fact.Seq
}

func channelLabel(t domain.ChannelType) string {
	switch t {
	case domain.ChannelSMS:
		return "SMS"
	case domain.ChannelWhatsApp:
		return "WhatsApp"
	case domain.ChannelMessenger:
		return "Messenger"
	case domain.ChannelX:
		return "X message"
	case domain.ChannelWebchat:
		return "web chat message"
	default:
		return string(t)
	}
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05") }
