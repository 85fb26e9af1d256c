package routing

import (
	"slices"
	"time"

	"tandem/domain"
)

// Entry is a waiting chat as routing sees it at one moment.
type Entry struct {
	Chat  domain.ChatID
	Queue domain.QueueID
	// QueueName and MoreNames, the names of the other Queues in their order, are for sentences only.
	QueueName string
	MoreNames []string
	// Queues are those whose members may take the chat: its own and the ones it was widened to. Empty means its own.
	Queues []domain.QueueID
	Type   domain.ChannelType
	// Priority is served in ascending order; 0 is the front of the line.
	Priority int
	QueuedAt time.Time
	// StickyAgent is the customer's own agent; nobody else gets the chat before StickyUntil, and they are preferred after it.
	StickyAgent domain.UserID
	StickyName  string
	StickyUntil time.Time
	// Barred chats aren't handed out.
	Barred ClockKind
	// PassedBy are the agents who let the chat pass, in that order: they come last.
	PassedBy []domain.UserID
}

// Before reports whether an entry stands before another in line: by priority, then by arrival, then by id.
func (e Entry) Before(other Entry) bool { return e.compare(other) < 0 }

func (e Entry) compare(other Entry) int {
	switch {
	case e.Priority != other.Priority:
		return e.Priority - other.Priority
	case !e.QueuedAt.Equal(other.QueuedAt):
		return e.QueuedAt.Compare(other.QueuedAt)
	case e.Chat < other.Chat:
		return -1
	case e.Chat > other.Chat:
		return 1
	}
	return 0
}

// reserved gives the agent for whom the chat is kept at a moment; empty when it is kept for nobody. An agent who let it pass
// has given the claim up.
func (e *Entry) reserved(now time.Time) domain.UserID {
	if e.StickyAgent != "" && now.Before(e.StickyUntil) && !slices.Contains(e.PassedBy, e.StickyAgent) {
		return e.StickyAgent
	}
	return ""
}

// opensTo reports whether members of a queue may take the chat.
func (e *Entry) opensTo(q domain.QueueID) bool {
	return len(e.Queues) == 0 && q == e.Queue || slices.Contains(e.Queues, q)
}

// passed gives an agent's place among those who let the chat pass, from 1; 0 for who didn't.
func (e *Entry) passed(id domain.UserID) int { return slices.Index(e.PassedBy, id) + 1 }

func (e *Entry) queueWords() string {
	if e.QueueName == "" {
		return "the chat's queue"
	}
	return series("or", append([]string{e.QueueName}, e.MoreNames...))
}
