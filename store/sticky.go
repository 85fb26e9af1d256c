package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/domain"
)

var (
	pairingOf = define("a customer's own agent", `
select s.user_id, u.name as user_name, s.origin, s.set_by, b.name as set_by_name, s.started_at, s.kept_at, s.expires_at
from sticky_pairings s join users u on u.id = s.user_id left join users b on b.id = s.set_by
where s.customer_id = @customer and s.account_id = @account and (s.expires_at is null or s.expires_at > @now)`)
	clearPairing = define("a customer has no agent of their own", `
delete from sticky_pairings where customer_id = @customer and account_id = @account returning user_id`)
	keepOwnPairing = define("keep a pairing that still holds", `
update sticky_pairings set kept_at = @now, expires_at = @expires
where customer_id = @customer and account_id = @account and (expires_at is null or expires_at > @now) and user_id = @user`)
	customerReadable = define("customer an actor serves or served", `
select exists (select from chats c where c.customer_id = @customer and c.account_id = @account and (@supervises or `+readableBy+`))`)
	openChatsOf = define("open chats of a customer", `
select id, queue_id from chats where customer_id = @customer and account_id = @account and phase <> 'closed' order by id`)
)

// pairingRow is a customer's own agent.
type pairingRow struct {
	UserID    domain.UserID
	UserName  string
	Origin    domain.PairingOrigin
	SetBy     *domain.UserID
	SetByName *string
	StartedAt time.Time
	KeptAt    time.Time
	ExpiresAt *time.Time
}

func (r pairingRow) pairing() domain.Pairing {
	return domain.Pairing{
		User: domain.UserRef{ID: r.UserID, Name: r.UserName}, Origin: r.Origin, SetBy: userRef(r.SetBy, r.SetByName),
		StartedAt: r.StartedAt, KeptAt: r.KeptAt, ExpiresAt: r.ExpiresAt,
	}
}

// pairing gives a customer's own agent as long as the pairing holds; nil when there is none.
func (t *tx) pairing(ctx context.Context, customer domain.CustomerID) (*domain.Pairing, error) {
	rows, err := many[pairingRow](ctx, t, pairingOf, args{"customer": customer, "account": t.account, "now": t.now})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	found := rows[0].pairing()
	return &found, nil
}

func errNoCustomer() error {
	return domain.E(domain.CodeNotFound, "no such customer").Because("unknown_customer")
}

// checkCustomer makes sure that a customer is there, and that the actor may know of them.
func (t *tx) checkCustomer(ctx context.Context, a domain.Actor, id domain.CustomerID) error {
	st, at := customerExists, args{"customer": id, "account": t.account}
	if !a.Role.Supervises() {
		st, at["supervises"], at["user"] = customerReadable, false, a.User
	}
	there, err := value[bool](ctx, t, st, at)
	if err == nil && !there {
		err = errNoCustomer()
	}
	return err
}

// Sticky gives the agent a customer comes back to, nil when they have none. CodeNotFound when there is no such customer, or
// an agent has none of their chats to read.
func (s *Store) Sticky(ctx context.Context, a domain.Actor, customer domain.CustomerID) (*domain.Pairing, error) {
	if err := mayReadChats(a); err != nil {
		return nil, err
	}
	if _, err := uuid.Parse(string(customer)); err != nil {
		return nil, errNoCustomer()
	}
	var found *domain.Pairing
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		if err := t.checkCustomer(ctx, a, customer); err != nil {
			return err
		}
		var err error
		found, err = t.pairing(ctx, customer)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading a customer's own agent: %w", err)
	}
	return found, nil
}

// SetSticky makes an agent a customer's own, for supervisors. It holds for chats that come after; CodeInvalid user_id when
// nobody of that id takes chats.
func (s *Store) SetSticky(ctx context.Context, a domain.Actor, customer domain.CustomerID, user domain.UserID) (domain.Pairing, error) {
	if err := mayPair(a, customer); err != nil {
		return domain.Pairing{}, err
	}
	if _, err := uuid.Parse(string(user)); err != nil {
		return domain.Pairing{}, domain.Invalid("user_id", "user_id must be a UUID")
	}
	var set domain.Pairing
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		if err := t.checkCustomer(ctx, a, customer); err != nil {
			return err
		}
		agent, err := t.agentNow(ctx, user)
		if err != nil {
			return err
		}
		settings, _, err := t.settings(ctx)
		if err != nil {
			return err
		}
		t.pair(customer, user, domain.PairingSet, a.User, settings)
		text := fmt.Sprintf("%s made %s this customer's own agent.", a.Name, agent.Name)
		if err := t.pairingChanged(ctx, a, customer, user, text); err != nil {
			return err
		}
		found, err := t.pairing(ctx, customer)
		if err != nil {
			return err
		}
		if found != nil {
			set = *found
		}
		return t.audit(a, "sticky.set", string(customer), map[string]any{"user_id": user})
	})
	if err != nil {
		return domain.Pairing{}, fmt.Errorf("setting a customer's own agent: %w", err)
	}
	return set, nil
}

// ClearSticky lets a customer have no agent of their own, for supervisors; one who has none stays so.
func (s *Store) ClearSticky(ctx context.Context, a domain.Actor, customer domain.CustomerID) error {
	if err := mayPair(a, customer); err != nil {
		return err
	}
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		if err := t.checkCustomer(ctx, a, customer); err != nil {
			return err
		}
		gone, err := t.ids(ctx, clearPairing, args{"customer": customer, "account": t.account})
		if err != nil || len(gone) == 0 {
			return err
		}
		if err := t.pairingChanged(ctx, a, customer, gone[0], a.Name+" ended the pairing with this customer's own agent."); err != nil {
			return err
		}
		return t.audit(a, "sticky.cleared", string(customer), map[string]any{"user_id": gone[0]})
	})
	if err != nil {
		return fmt.Errorf("clearing a customer's own agent: %w", err)
	}
	return nil
}

func mayPair(a domain.Actor, customer domain.CustomerID) error {
	if !a.Role.Supervises() {
		return domain.E(domain.CodeForbidden, "only supervisors choose a customer's own agent")
	}
	if _, err := uuid.Parse(string(customer)); err != nil {
		return errNoCustomer()
	}
	return nil
}

// pairingChanged notes the change in the stories of the customer's open chats. It writes what was queued before.
func (t *tx) pairingChanged(ctx context.Context, a domain.Actor, customer domain.CustomerID, user domain.UserID, text string) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	open, err := many[struct {
		ID      domain.ChatID
		QueueID domain.QueueID
	}](ctx, t, openChatsOf, args{"customer": customer, "account": t.account})
	if err != nil {
		return err
	}
	for _, c := range open {
		err := t.story(decision{Chat: c.ID, Kind: domain.StoryStickySet, Queue: c.QueueID, User: user, Actor: a.User, Text: text})
		if err != nil {
			return err
		}
	}
	return nil
}

// pairOnFirstReply keeps the pairing of a customer with the owner who answers them, and begins one by setting. A pairing
// with somebody else that still holds is left alone: their own agent is only busy today.
func (t *tx) pairOnFirstReply(ctx context.Context, c *chatRow) error {
	settings, _, err := t.settings(ctx)
	if err != nil || !settings.Sticky.For(c.ChannelType) {
		return err
	}
	found, err := t.pairing(ctx, c.CustomerID)
	switch {
	case err != nil:
		return err
	case found != nil && found.User.ID == c.owner():
		t.later(keepOwnPairing, args{
			"customer": c.CustomerID, "account": t.account, "user": c.owner(), "now": t.now, "expires": pairingExpires(settings, t.now),
		})
		return nil
	case found != nil || !settings.Sticky.OnFirstReply:
		return nil
	}
	t.pair(c.CustomerID, c.owner(), domain.PairingFirstReply, "", settings)
	return t.story(decision{
		Chat: c.ID, Kind: domain.StoryStickySet, Queue: c.QueueID, User: c.owner(), Version: c.PolicyVersion,
		Text: fmt.Sprintf("%s answered first and is this customer's own agent from now on.", c.ownerName()),
	})
}
