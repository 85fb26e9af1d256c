package domain

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Role is what a user may do. Each role is listed with its rights in docs/security.md.
type Role string

// The roles.
const (
	RoleSuperAdmin      Role = "super_admin"
	RoleAdmin           Role = "admin"
	RoleSupervisor      Role = "supervisor"
	RoleCampaignManager Role = "campaign_manager"
	RoleAgent           Role = "agent"
	RoleOperator        Role = "operator"
)

// Roles lists every role.
func Roles() []Role {
	return []Role{RoleSuperAdmin, RoleAdmin, RoleSupervisor, RoleCampaignManager, RoleAgent, RoleOperator}
}

// Valid reports whether the role exists.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Supervises reports whether the role may see and steer every chat of its account.
func (r Role) Supervises() bool {
	return r == RoleSuperAdmin || r == RoleAdmin || r == RoleSupervisor
}

// Administers reports whether the role may change the account's settings.
func (r Role) Administers() bool { return r == RoleSuperAdmin || r == RoleAdmin }

// TakesChats reports whether chats may be assigned to users of this role.
func (r Role) TakesChats() bool { return r == RoleAgent || r == RoleSupervisor }

// SeesEngine reports whether the role may read decoded payloads in the Temporal UI.
func (r Role) SeesEngine() bool { return r == RoleOperator || r.Administers() }

// Availability is an agent's state.
type Availability string

// The states an agent can choose.
const (
	Available Availability = "available"
	OnBreak   Availability = "break"
	Offline   Availability = "offline"
)

// Valid reports whether the state exists.
func (a Availability) Valid() bool { return a == Available || a == OnBreak || a == Offline }

// Caps on how many chats one agent holds at once.
const (
	DefaultMaxChats = 5
	LargestMaxChats = 20
)

// User is a person of an account.
type User struct {
	ID           UserID       `json:"id"`
	AccountID    AccountID    `json:"account_id"`
	Email        string       `json:"email"`
	Name         string       `json:"name"`
	Role         Role         `json:"role"`
	MaxChats     int          `json:"max_chats"`
	Status       Availability `json:"status"`
	StatusReason string       `json:"status_reason,omitempty"`
	StatusSince  time.Time    `json:"status_since"`
	OpenChats    int          `json:"open_chats"`
	QueueIDs     []QueueID    `json:"queue_ids"`
	// NextStatus is a break or leave booked for when the open chats are done; empty when none is.
	NextStatus Availability `json:"next_status,omitempty"`
	NextReason string       `json:"next_reason,omitempty"`
	// ChannelTypes are those the user takes chats of; empty means all.
	ChannelTypes []ChannelType `json:"channel_types"`
	// WrapUp: one of the user's chats is in a wrap-up that wants them for itself, so no new one comes.
	WrapUp bool `json:"wrap_up"`
	// Connected: one of the user's screens has a live connection.
	Connected  bool       `json:"connected"`
	Slots      Slots      `json:"slots"`
	DisabledAt *time.Time `json:"disabled_at,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
}

// UserRef names a user beside something else.
type UserRef struct {
	ID   UserID `json:"id"`
	Name string `json:"name"`
}

// Actor is who does something: a user of an account with a role. Every store call on behalf of a person takes one.
type Actor struct {
	Account AccountID
	User    UserID
	Name    string
	Role    Role
}

// Account is a tenant: everything belongs to exactly one.
type Account struct {
	ID       AccountID `json:"id"`
	Name     string    `json:"name"`
	Instance string    `json:"instance"` // the host the account lives on
	RoleSMS  bool      `json:"role_sms"`
	Features []string  `json:"features"` // of its instance
}

// Initial gives the mark of a customer in lists: the first letter of the name in upper case, the first digit of a
// bare number, "?" when there is neither.
func Initial(name string) string {
	for _, r := range strings.TrimSpace(name) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
		if r > unicode.MaxLatin1 && utf8.ValidRune(r) && unicode.IsGraphic(r) && !unicode.IsPunct(r) && !unicode.IsSpace(r) {
			return string(r)
		}
	}
	return "?"
}
