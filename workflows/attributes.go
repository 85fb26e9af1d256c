package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"tandem/routing"
)

// The search attributes, by which operators find chats in the Temporal UI. SQL visibility has room for 10 keywords and
// 3 of each other kind per namespace, and each change costs a row in its heavily indexed table, so they change on
// transitions only. Nothing personal is in them: an agent is an id here and a name on the card.
var (
	AttrPhase    = temporal.NewSearchAttributeKeyKeyword("ChatPhase")   // operators: what waits, what runs
	AttrAccount  = temporal.NewSearchAttributeKeyKeyword("ChatAccount") // operators: one tenant's chats
	AttrQueue    = temporal.NewSearchAttributeKeyKeyword("ChatQueue")   // by name, as people know it
	AttrAgent    = temporal.NewSearchAttributeKeyKeyword("ChatAgent")
	AttrChannel  = temporal.NewSearchAttributeKeyKeyword("ChatChannel") // the channel's key
	AttrOutcome  = temporal.NewSearchAttributeKeyKeyword("ChatOutcome") // set when the chat has closed
	AttrQueuedAt = temporal.NewSearchAttributeKeyTime("ChatQueuedAt")
	AttrPriority = temporal.NewSearchAttributeKeyInt64("ChatPriority")
	// AttrDeadlineAt is the chat's soonest deadline. It leaves out the wait for a customer's answer, which begins anew with
	// every message; from the first warning on that is shown too.
	AttrDeadlineAt = temporal.NewSearchAttributeKeyTime("ChatDeadlineAt")
)

// shownAttributes is what was last written, to write only what differs.
type shownAttributes struct {
	phase, queue, agent, outcome string
	deadline                     int64 // ms since 1970; 0 when there is none
	first                        bool
}

// changes lists the updates from what is shown to what the state says.
func (s ChatState) changes(account string, shown shownAttributes) ([]temporal.SearchAttributeUpdate, shownAttributes) {
	next := shownAttributes{
		phase: string(s.Phase), queue: s.QueueName, agent: string(s.Owner), outcome: string(s.Outcome), first: true,
	}
	deadline, hasDeadline := s.shownDeadline()
	if hasDeadline {
		next.deadline = deadline.UnixMilli()
	}
	if next == shown {
		return nil, shown
	}
	updates := []temporal.SearchAttributeUpdate{
		AttrPhase.ValueSet(next.phase), AttrQueue.ValueSet(next.queue),
	}
	if !shown.first {
		updates = append(updates, AttrAccount.ValueSet(account), AttrChannel.ValueSet(s.ChannelKey),
			AttrQueuedAt.ValueSet(s.QueuedAt), AttrPriority.ValueSet(int64(s.Priority)))
	}
	if next.agent != shown.agent {
		updates = append(updates, setOrUnset(AttrAgent, next.agent))
	}
	if next.outcome != shown.outcome {
		updates = append(updates, setOrUnset(AttrOutcome, next.outcome))
	}
	if next.deadline != shown.deadline {
		if hasDeadline {
			updates = append(updates, AttrDeadlineAt.ValueSet(deadline))
		} else {
			updates = append(updates, AttrDeadlineAt.ValueUnset())
		}
	}
	return updates, next
}

// shownDeadline is the soonest deadline that operators see among the search attributes.
func (s ChatState) shownDeadline() (time.Time, bool) {
	for _, c := range s.clocks() {
		if c.Kind != routing.ClockSilence || c.Step > 0 {
			return c.At, true
		}
	}
	return time.Time{}, false
}

func setOrUnset(key temporal.SearchAttributeKeyKeyword, value string) temporal.SearchAttributeUpdate {
	if value == "" {
		return key.ValueUnset()
	}
	return key.ValueSet(value)
}
