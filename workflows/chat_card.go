package workflows

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"tandem/domain"
)

// cardLines is how many of the latest facts the card shows.
const cardLines = 12

// show puts the state where operators look: search attributes when one changed, the card every turn, because it lives
// in the worker's memory only and costs nothing.
func (c *chat) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, c.state.card())
	updates, shown := c.state.changes(string(c.ref.Account), c.shown)
	if len(updates) == 0 {
		return nil
	}
	c.shown = shown
	return workflow.UpsertTypedSearchAttributes(ctx, updates...)
}

// card is the chat at a glance, in markdown.
func (s ChatState) card() string {
	var b strings.Builder
	b.WriteString("### " + s.headline() + "\n\n")
	b.WriteString("| | |\n|---|---|\n")
	row := func(name, value string) {
		if value != "" {
			b.WriteString("| " + name + " | " + strings.ReplaceAll(value, "|", "\\|") + " |\n")
		}
	}
	row("Phase", string(s.Phase))
	row("Outcome", string(s.Outcome))
	row("Channel", s.ChannelKey)
	row("Queue", s.QueueName)
	row("Agent", s.OwnerName)
	row("Why", s.Why)
	row("Rules", s.rules())
	row("Waits for", s.awaited())
	row("Offered to", s.offered())
	row("In line since", moment(s.QueuedAt))
	if s.Position > 0 {
		row("Place in line", strconv.Itoa(s.Position))
	}
	row("Asks again at", moment(s.AskAgainAt))
	if n := len(s.Unsent); n > 0 {
		row("To send", fmt.Sprintf("%d, the first until %s", n, clock(s.Unsent[0].Deadline)))
	}
	row("Messages", fmt.Sprintf("%d from the customer, %d from agents, %d failed", s.CustomerMessages, s.AgentMessages, s.SendFailures))
	if s.URL != "" {
		b.WriteString("\n[Open the chat in the console](" + s.URL + ")\n")
	}
	s.writeDeadlines(&b)
	s.writeStory(&b)
	b.WriteString("\nLatest, newest last (UTC)\n\n")
	for _, line := range s.Timeline[max(0, len(s.Timeline)-cardLines):] {
		b.WriteString("- " + clock(line.At) + " " + line.What)
		if line.Seq > 0 {
			b.WriteString(" (#" + strconv.FormatInt(line.Seq, 10) + ")")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// writeDeadlines lists the chat's clocks with absolute times: what happens next unless somebody acts.
func (s ChatState) writeDeadlines(b *strings.Builder) {
	clocks := s.clocks()
	if len(clocks) == 0 {
		return
	}
	b.WriteString("\nDeadlines (UTC)\n\n| At | What | Then |\n|---|---|---|\n")
	for _, c := range clocks {
		b.WriteString("| " + moment(c.At) + " | " + kindLabel(c) + " | " + strings.ReplaceAll(c.What, "|", "\\|") + " |\n")
	}
	if !s.FireAfter.IsZero() {
		b.WriteString("\nTried, and tried again at " + clock(s.FireAfter) + ".\n")
	}
}

// writeStory tells why the chat is where it is, from the decisions as they were recorded.
func (s ChatState) writeStory(b *strings.Builder) {
	if len(s.Story) == 0 {
		return
	}
	b.WriteString("\nWhy it is here (UTC)\n\n")
	for _, line := range s.Story {
		b.WriteString("- " + clock(line.At) + " " + line.Text + "\n")
	}
}

func (s ChatState) rules() string {
	if !s.Routed || s.Standing.QueueName == "" {
		return ""
	}
	return fmt.Sprintf("%s, version %d", s.Standing.QueueName, s.Standing.PolicyVersion)
}

func (s ChatState) awaited() string {
	if s.Phase != domain.PhaseQueued || s.Standing.StickyAgent == "" || s.Standing.StickyUntil.IsZero() {
		return ""
	}
	return nameOr(s.Standing.StickyName, "the customer's own agent") + " until " + clock(s.Standing.StickyUntil)
}

func (s ChatState) offered() string {
	if s.Standing.Offer == nil || !s.Phase.Open() {
		return ""
	}
	return nameOr(s.Standing.Offer.AgentName, "an agent") + " until " + clock(s.Standing.Offer.ExpiresAt)
}

func (s ChatState) headline() string {
	switch s.Phase {
	case domain.PhaseQueued:
		if s.Left {
			return "The customer left before an agent came"
		}
		return "Waiting for an agent of " + nameOr(s.QueueName, "its queue")
	case domain.PhaseActive:
		return "With " + nameOr(s.OwnerName, "an agent")
	case domain.PhaseCustomerLeft:
		return "The customer left; " + nameOr(s.OwnerName, "the agent") + " has to dispose of the chat"
	case domain.PhaseClosed:
		return "Closed: " + nameOr(string(s.Outcome), "elsewhere")
	default:
		return "Starting"
	}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// view answers the query View.
func (c *chat) view() (ChatView, error) {
	v := ChatView{
		Phase: c.state.Phase, Outcome: c.state.Outcome, Queue: c.state.QueueName, Owner: c.state.Owner,
		OwnerName: c.state.OwnerName, Why: c.state.Why, Position: c.state.Position, LastSeq: c.state.LastSeq,
		Unsent: len(c.state.Unsent), Sending: c.sendingSeq(), Run: c.state.Run, Received: c.received,
		Deadlines: c.state.clocks(),
	}
	if at := c.state.AskAgainAt; !at.IsZero() {
		v.AskAgainAt = &at
	}
	return v, nil
}

// timeline answers the query Timeline.
func (c *chat) timeline() ([]TimelineLine, error) { return c.state.Timeline, nil }
