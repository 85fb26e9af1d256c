package api

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"tandem/channels"
	"tandem/domain"
)

// Intake is what webhooks and the widget put into the ledger.
type Intake interface {
	ChannelByKey(ctx context.Context, key string) (domain.Channel, error)
	ReceiveMessage(ctx context.Context, in domain.Inbound) (domain.Received, error)
	RecordDelivery(ctx context.Context, r domain.DeliveryReport) error
}

// ChatStore is chats and their messages as a user may see and change them.
type ChatStore interface {
	Chats(ctx context.Context, a domain.Actor, f domain.ChatFilter) (domain.Page[domain.ChatView], error)
	Chat(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error)
	Messages(ctx context.Context, a domain.Actor, id domain.ChatID, q domain.MessageQuery) (domain.Page[domain.Message], error)
	PostMessage(ctx context.Context, a domain.Actor, id domain.ChatID, m domain.NewMessage) (domain.Message, bool, error)
	MarkRead(ctx context.Context, a domain.Actor, id domain.ChatID, seq int64) error
	CustomerChats(ctx context.Context, a domain.Actor, id domain.CustomerID, limit int) (domain.Page[domain.ChatView], error)
	Summary(ctx context.Context, a domain.Actor) (domain.Summary, error)
}

// Visitors is what the widget may see and do.
type Visitors interface {
	EnsureVisitor(ctx context.Context, ch domain.Channel, address, name string) (domain.Visitor, error)
	VisitorChat(ctx context.Context, ch domain.Channel, v domain.IdentityID) (*domain.ChatView, []domain.Message, error)
	VisitorMessages(ctx context.Context, ch domain.Channel, v domain.IdentityID, after int64, chat domain.ChatID) ([]domain.Message, error)
	VisitorRead(ctx context.Context, ch domain.Channel, v domain.IdentityID, seq int64) error
	EndChat(ctx context.Context, ch domain.Channel, v domain.IdentityID) error
}

// People is who may sign in, and as whom.
type People interface {
	UserForLogin(ctx context.Context, email string) (domain.User, string, error)
	CreateSession(ctx context.Context, u domain.User, tokenHash []byte, now, expires time.Time) error
	ActorBySession(ctx context.Context, tokenHash []byte, now time.Time) (domain.Actor, error)
	DeleteSession(ctx context.Context, tokenHash []byte) error
	ActorByToken(ctx context.Context, secretHash []byte, now time.Time) (domain.Actor, error)
	CreateToken(ctx context.Context, a domain.Actor, name string, secretHash []byte) (domain.Token, error)
	Tokens(ctx context.Context, a domain.Actor) ([]domain.Token, error)
	RevokeToken(ctx context.Context, a domain.Actor, id domain.TokenID) error
	Me(ctx context.Context, a domain.Actor) (domain.User, domain.Account, error)
}

// Settings is an account's settings.
type Settings interface {
	Users(ctx context.Context, a domain.Actor) ([]domain.User, error)
	CreateUser(ctx context.Context, a domain.Actor, n domain.NewUser) (domain.User, error)
	UpdateUser(ctx context.Context, a domain.Actor, id domain.UserID, p domain.UserPatch) (domain.User, error)
	Queues(ctx context.Context, a domain.Actor) ([]domain.Queue, error)
	CreateQueue(ctx context.Context, a domain.Actor, n domain.NewQueue) (domain.Queue, error)
	UpdateQueue(ctx context.Context, a domain.Actor, id domain.QueueID, p domain.QueuePatch) (domain.Queue, error)
	Channels(ctx context.Context, a domain.Actor) ([]domain.ChannelView, error)
	CannedReplies(ctx context.Context, a domain.Actor) ([]domain.CannedReply, error)
}

// Answers keeps the first answer to a mutation with an Idempotency-Key.
type Answers interface {
	BeginIdempotent(ctx context.Context, a domain.Actor, key string, requestHash []byte) (*domain.StoredAnswer, error)
	FinishIdempotent(ctx context.Context, a domain.Actor, key string, answer domain.StoredAnswer) error
	AbandonIdempotent(ctx context.Context, a domain.Actor, key string) error
}

// EventLog is the log of what screens must learn.
type EventLog interface {
	EventsAfter(ctx context.Context, c domain.Cursor, limit int) ([]domain.Event, domain.Cursor, error)
	CurrentCursor(ctx context.Context) (domain.Cursor, error)
	OldestCursor(ctx context.Context) (domain.Cursor, error)
	QueueIDsOf(ctx context.Context, a domain.Actor) ([]domain.QueueID, error)
	ListenEvents(ctx context.Context, ring func()) error
	NotifyEvents(ctx context.Context) error
}

// Store is everything the api needs of the ledger.
type Store interface {
	Intake
	ChatStore
	Visitors
	People
	Settings
	Answers
	Ownership
	AgentStates
	RoutingRules
	Dispositions
	StickyAgents
	FollowUps
	Ping(ctx context.Context) error
}

// CloseCommand asks a chat's workflow to close it with a disposition.
type CloseCommand struct {
	Account     domain.AccountID
	Chat        domain.ChatID
	Actor       domain.UserID
	Disposition domain.DispositionID
	Note        string
	// CallbackAt is when the customer was promised to be called back, in CallbackZone; zero for no promise.
	CallbackAt   time.Time
	CallbackZone string
	// BreakAfter books a break with this reason for when the agent's chats are done; empty books none.
	BreakAfter string
	// SeenSeq is the newest message the agent had on screen; 0 when they didn't say. A newer one of the customer
	// refuses the command with the reason customer_wrote.
	SeenSeq int64
	// Key makes the command idempotent: the same key is the same command.
	Key string
}

// Chats sends commands to chats' workflows.
type Chats interface {
	// CloseChat waits until the chat is closed; CodeUnavailable with the reason engine_unavailable when the engine
	// doesn't answer.
	CloseChat(ctx context.Context, c CloseCommand) (domain.CloseResult, error)
}

// Deps is what New needs. Fields marked optional may be left empty.
type Deps struct {
	Store    Store
	Chats    Chats
	Channels channels.Registry
	Hub      *Hub
	// Temporal reports whether the workflow engine answers, for /readyz.
	Temporal func(context.Context) error
	// Codec decodes payloads for the Temporal UI; optional.
	Codec http.Handler
	// Console is the built console; optional: without it a plain page says so.
	Console fs.FS
	// Widget is the customer's script; optional.
	Widget []byte
	// PublicURL is where providers and browsers reach us, without a trailing slash.
	PublicURL string
	// TemporalUIURL is the one foreign origin that may call Codec with a user's cookie; optional.
	TemporalUIURL string
	// Keys are the installation's keys: the first one signs visitors' tokens, all of them check.
	Keys [][]byte
	// Metrics counts what happens; optional.
	Metrics *Metrics
	Logger  *slog.Logger
	// Version names the build in the OpenAPI document; optional.
	Version string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}
