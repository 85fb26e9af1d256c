package workflows

import (
	"time"

	"tandem/domain"
)

// FactSignal is the signal that tells a chat's workflow facts of one kind: one, or several when the outbox is behind.
// Different signals have no order among each other, so a workflow orders facts by their seq.
func FactSignal(kind domain.FactKind) Signal[[]domain.Fact] {
	return Signal[[]domain.Fact]{Name: string(kind)}
}

// CloseChat is the command to dispose of a chat.
var CloseChat = Update[CloseChatRequest, domain.CloseResult]{Name: "CloseChat"}

// CloseChatRequest asks to close a chat with a disposition. Whether the actor may is the ledger's to say, because it
// knows the owner of this moment.
type CloseChatRequest struct {
	Actor       domain.UserID        `json:"actor"`
	Disposition domain.DispositionID `json:"disposition"`
	Note        string               `json:"note,omitempty"`
	// SeenSeq is how far the actor has read: a customer's message beyond it refuses the command. 0 asks for no check.
	SeenSeq int64 `json:"seen_seq,omitempty"`
	// CallbackAt is when the customer was promised to be called back, in CallbackZone; zero for no promise.
	CallbackAt   time.Time `json:"callback_at,omitzero"`
	CallbackZone string    `json:"callback_zone,omitempty"`
	// BreakAfter books a break with this reason for when the actor's chats are done; empty books none.
	BreakAfter string `json:"break_after,omitempty"`
}

// View answers how one chat stands in its workflow, for debugging.
var View = Query[ChatView]{Name: "View"}

// ChatView is how a chat stands in its workflow.
type ChatView struct {
	Phase      domain.Phase   `json:"phase"`
	Outcome    domain.Outcome `json:"outcome,omitempty"`
	Queue      string         `json:"queue"`
	Owner      domain.UserID  `json:"owner,omitempty"`
	OwnerName  string         `json:"owner_name,omitempty"`
	Why        string         `json:"why,omitempty"`
	Position   int            `json:"position,omitempty"`
	LastSeq    int64          `json:"last_seq"`
	Unsent     int            `json:"unsent"`
	Sending    int64          `json:"sending,omitempty"` // the seq of the message at the provider
	AskAgainAt *time.Time     `json:"ask_again_at,omitempty"`
	// Deadlines are the chat's clocks, soonest first.
	Deadlines []domain.Deadline `json:"deadlines,omitempty"`
	Run       int               `json:"run"` // 1 for the first of a chain
	Received  int               `json:"received"`
}

// Timeline answers the latest things that happened in a chat, oldest first.
var Timeline = Query[[]TimelineLine]{Name: "Timeline"}

// TimelineLine is one thing that happened. What is a sentence for operators, without names of customers or texts.
type TimelineLine struct {
	At   time.Time `json:"at"`
	Seq  int64     `json:"seq,omitempty"`
	What string    `json:"what"`
}
