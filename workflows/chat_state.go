package workflows

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"tandem/activities"
	"tandem/domain"
	"tandem/routing"
)

// ChatInput starts a chat's workflow. State is nil on the first run of a chain: the workflow then loads the chat from
// the ledger.
type ChatInput struct {
	Account domain.AccountID `json:"account"`
	Chat    domain.ChatID    `json:"chat"`
	State   *ChatState       `json:"state,omitempty"`
}

// ChatState is everything a run hands to the next one. Moments are absolute, so no wait starts anew.
type ChatState struct {
	Phase      domain.Phase   `json:"phase"`
	Outcome    domain.Outcome `json:"outcome,omitempty"`
	ChannelKey string         `json:"channel_key"`
	QueueName  string         `json:"queue_name"`
	Priority   int            `json:"priority"`
	Owner      domain.UserID  `json:"owner,omitempty"`
	OwnerName  string         `json:"owner_name,omitempty"`
	// Why tells in a sentence why the chat is with its owner; Position is its place in line while it waits.
	Why      string    `json:"why,omitempty"`
	Position int       `json:"position,omitempty"`
	QueuedAt time.Time `json:"queued_at"`
	URL      string    `json:"url"`
	// LastSeq is the newest fact applied; LastCustomerSeq the newest of them that a customer wrote.
	LastSeq         int64 `json:"last_seq"`
	LastCustomerSeq int64 `json:"last_customer_seq,omitempty"`
	// Left is set when the customer of a queued chat has gone.
	Left bool `json:"left,omitempty"`
	// Cancelled is set when an operator cancelled the workflow: the chat is closed as soon as the ledger allows.
	Cancelled bool `json:"cancelled,omitempty"`
	// Unsent are the messages a provider must still carry, in the order of their seq.
	Unsent []UnsentMessage `json:"unsent,omitempty"`
	// AskAgainAt is when the workflow next asks for what it waits for: an agent, or a close that failed.
	AskAgainAt time.Time      `json:"ask_again_at,omitzero"`
	Asked      int            `json:"asked,omitempty"`
	Timeline   []TimelineLine `json:"timeline,omitempty"`
	// Routed: the workflow keeps the chat's clocks. Standing is what they depend on, up to StandingSeq; Stale is set when it
	// must be read again. Story is how the chat came to where it is.
	Routed      bool                       `json:"routed,omitempty"`
	Standing    routing.Standing           `json:"standing,omitzero"`
	StandingSeq int64                      `json:"standing_seq,omitempty"`
	Stale       bool                       `json:"stale,omitempty"`
	Story       []activities.StorySentence `json:"story,omitempty"`
	// FireAfter is when a clock may be tried again that the ledger didn't fire; FireFailures counts tries in a row.
	FireAfter    time.Time `json:"fire_after,omitzero"`
	FireFailures int       `json:"fire_failures,omitempty"`
	// Counted over the whole chain.
	Run              int `json:"run"`
	CustomerMessages int `json:"customer_messages,omitempty"`
	AgentMessages    int `json:"agent_messages,omitempty"`
	SendFailures     int `json:"send_failures,omitempty"`
}

// UnsentMessage is a message with the moment by which it must have reached an end.
type UnsentMessage struct {
	Fact     domain.Fact `json:"fact"`
	Deadline time.Time   `json:"deadline"`
}

// timelineLines bounds the carried timeline to a few KB.
const timelineLines = 30

// newChatState is the state of a first run: the chat as the ledger has it.
func newChatState(loaded activities.LoadedChat, now time.Time) ChatState {
	l := loaded.State
	s := ChatState{
		Phase: l.Phase, Outcome: l.Outcome, ChannelKey: l.ChannelKey, QueueName: l.QueueName, Priority: l.Priority,
		Owner: l.Owner, OwnerName: l.OwnerName, QueuedAt: l.QueuedAt, URL: loaded.URL, LastSeq: l.LastSeq,
		Routed: loaded.Routed, Stale: loaded.Routed,
	}
	for _, f := range loaded.Recent {
		s = s.recall(f)
	}
	for _, f := range l.Unsent {
		s.Unsent = append(s.Unsent, UnsentMessage{Fact: f, Deadline: now.Add(SendWithin)})
	}
	return s
}

// recall takes from a fact that the loaded state already includes what that state doesn't tell.
func (s ChatState) recall(f domain.Fact) ChatState {
	switch f.Kind { //nolint:exhaustive // the other kinds only add a line
	case domain.FactCustomerMessage:
		s.LastCustomerSeq, s.Left = f.Seq, false
	case domain.FactCustomerLeft:
		s.Left = s.Phase == domain.PhaseQueued
	}
	return s.count(f).note(f.At, f.Seq, describe(f))
}

// Apply gives the state after one more fact. A fact that was applied before, and a kind nobody knows, change nothing
// but the position.
func (s ChatState) Apply(f domain.Fact, now time.Time) ChatState {
	if f.Seq <= s.LastSeq {
		return s
	}
	s.LastSeq = f.Seq
	s = s.count(f).note(f.At, f.Seq, describe(f))
	if f.Send != nil && (f.Kind == domain.FactAgentMessage || f.Kind == domain.FactSystemMessage) {
		s.Unsent = append(s.Unsent, UnsentMessage{Fact: f, Deadline: now.Add(SendWithin)})
	}
	if f.Kind == domain.FactCustomerMessage {
		s.LastCustomerSeq = f.Seq
	}
	if !s.Phase.Open() {
		return s
	}
	return s.restand(f).move(f)
}

// move gives the phase and the owner after a fact.
func (s ChatState) move(f domain.Fact) ChatState {
	switch f.Kind {
	case domain.FactCustomerMessage:
		return s.customerWrote()
	case domain.FactAgentAssigned:
		return s.assigned(f.Agent, f.AgentName, f.Detail)
	case domain.FactAgentGone, domain.FactChatRequeued:
		if s.Routed {
			// The ledger has looked for an agent in the same transaction; asking is the safety net only.
			return s.backToQueue(f.At.Add(askAgainAfter))
		}
		return s.backToQueue(f.At)
	case domain.FactCustomerLeft:
		return s.customerLeft()
	case domain.FactChatClosed:
		return s.closed(domain.Outcome(f.Detail))
	default:
		return s
	}
}

// restand brings the standing up to a fact: by itself for a message, and by marking it stale for what only the ledger
// can work out. A run without clocks begins to keep them with the first fact that is about them.
func (s ChatState) restand(f domain.Fact) ChatState {
	if f.Seq <= s.StandingSeq {
		return s
	}
	switch f.Kind {
	case domain.FactSystemMessage, domain.FactDeliveryFailed, domain.FactChatClosed:
		// An automatic text changes nothing by itself: what sent it tells its own fact.
		return s
	case domain.FactCustomerMessage, domain.FactAgentMessage:
		return s.conversed(f)
	case domain.FactAgentAssigned, domain.FactAgentGone, domain.FactCustomerLeft:
		s.Stale = s.Stale || s.Routed
		return s
	case domain.FactChatRequeued, domain.FactOfferMade, domain.FactOfferEnded, domain.FactRoutingChanged,
		domain.FactChatHeld, domain.FactChatResumed, domain.FactChatMembersChanged:
		s.Stale = true
		return s
	default:
		return s
	}
}

// isNote reports whether a fact tells of a note among colleagues.
func isNote(f domain.Fact) bool {
	return f.Kind == domain.FactAgentMessage && f.Detail == string(domain.KindNote)
}

// conversed takes a message into the standing.
func (s ChatState) conversed(f domain.Fact) ChatState {
	switch {
	case !s.Routed || s.Stale:
		return s
	case f.Kind == domain.FactCustomerMessage && !s.Standing.LeftAt.IsZero():
		s.Stale = true // what a return means is more than a message does
		return s
	case f.Kind == domain.FactCustomerMessage:
		s.Standing = s.Standing.CustomerWrote(f.At)
	case isNote(f): // the customer doesn't see it
	default:
		s.Standing = s.Standing.AgentWrote(f.Agent, f.At)
	}
	s.StandingSeq = f.Seq
	return s
}

func (s ChatState) count(f domain.Fact) ChatState {
	switch f.Kind { //nolint:exhaustive // the other kinds aren't counted
	case domain.FactCustomerMessage:
		s.CustomerMessages++
	case domain.FactAgentMessage:
		s.AgentMessages++
	case domain.FactDeliveryFailed:
		s.SendFailures++
	}
	return s
}

func (s ChatState) customerWrote() ChatState {
	if s.Left {
		s.Left, s.AskAgainAt = false, time.Time{}
	}
	if s.Phase == domain.PhaseCustomerLeft {
		s.Phase = domain.PhaseActive
	}
	return s
}

func (s ChatState) customerLeft() ChatState {
	if s.Phase == domain.PhaseQueued {
		s.Left, s.AskAgainAt = true, time.Time{}
		return s
	}
	s.Phase = domain.PhaseCustomerLeft
	return s
}

// assigned makes the agent the owner. A chat whose customer has left stays so: the agent disposes of it.
func (s ChatState) assigned(agent domain.UserID, name, why string) ChatState {
	if s.Phase == domain.PhaseQueued {
		s.Phase = domain.PhaseActive
	}
	s.Owner, s.OwnerName, s.Position, s.AskAgainAt = agent, name, 0, time.Time{}
	if why != "" {
		s.Why = why
	}
	return s
}

func (s ChatState) backToQueue(askAt time.Time) ChatState {
	s.Phase, s.Owner, s.OwnerName, s.Why, s.AskAgainAt = domain.PhaseQueued, "", "", "", askAt
	return s
}

func (s ChatState) closed(outcome domain.Outcome) ChatState {
	s.Phase, s.Outcome, s.Position, s.AskAgainAt = domain.PhaseClosed, outcome, 0, time.Time{}
	return s
}

// cancelled makes the chat close at once.
func (s ChatState) cancelled() ChatState {
	s.Cancelled, s.AskAgainAt = true, time.Time{}
	return s
}

// answered takes in what routing said to the request for an agent.
func (s ChatState) answered(a domain.Assigned) ChatState {
	switch {
	case !s.Phase.Open():
		return s
	case a.Phase == domain.PhaseClosed:
		return s.closed(s.Outcome)
	case a.Agent != "" && s.Phase == domain.PhaseQueued:
		s.Stale = s.Stale || s.Routed
		return s.assigned(a.Agent, a.Name, a.Why)
	default:
		s.Position = a.Position
		if a.Agent == "" || a.Why != "" {
			s.Why = a.Why
		}
		return s
	}
}

// sent removes the first unsent message once it has ended.
func (s ChatState) sent(now time.Time, r activities.SendResult) ChatState {
	if len(s.Unsent) == 0 {
		return s
	}
	seq := s.Unsent[0].Fact.Seq
	s.Unsent = s.Unsent[1:]
	if len(s.Unsent) == 0 {
		s.Unsent = nil
	}
	what := fmt.Sprintf("message #%d: %s", seq, r.Status)
	if r.Code != "" {
		what += " (" + r.Code + ")"
	}
	if r.Status == domain.StatusFailed || r.Status == domain.StatusUnknown {
		s.SendFailures++
	}
	return s.note(now, seq, what)
}

// RefuseClose says why the command can't be followed as the chat stands, or nil.
func (s ChatState) RefuseClose(r CloseChatRequest) error {
	switch {
	case !s.Phase.Open():
		return errChatClosed()
	case r.SeenSeq > 0 && s.LastCustomerSeq > r.SeenSeq:
		return domain.E(domain.CodeConflict, "the customer has just written; read it before you dispose of the chat").Because("customer_wrote")
	}
	return nil
}

func errChatClosed() error {
	return domain.E(domain.CodeConflict, "this chat is closed already").Because("chat_closed")
}

func nameOr(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

// Requests for an agent go out between these two waits after the last, spread by chat so that a thousand waiting chats
// don't ask at once.
const (
	askAgainAfter  = 15 * time.Second
	askAgainSpread = 15 * time.Second
)

// askAgain schedules the next request. The jitter comes from the chat's id and the count, so a replay gets the same.
func (s ChatState) askAgain(id string, now time.Time) ChatState {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id + "/" + strconv.Itoa(s.Asked))) // a hash never fails to write
	s.Asked++
	s.AskAgainAt = now.Add(askAgainAfter + time.Duration(h.Sum64()%uint64(askAgainSpread/time.Millisecond))*time.Millisecond)
	return s
}

func (s ChatState) note(at time.Time, seq int64, what string) ChatState {
	line := TimelineLine{At: at, Seq: seq, What: what}
	start := max(0, len(s.Timeline)+1-timelineLines)
	s.Timeline = append(append(make([]TimelineLine, 0, timelineLines), s.Timeline[start:]...), line)
	return s
}
