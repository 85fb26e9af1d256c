package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

var (
	pairCustomer = define("pair a customer with an agent", `
insert into sticky_pairings as s (customer_id, account_id, user_id, origin, set_by, started_at, kept_at, expires_at)
values (@customer, @account, @user, @origin, nullif(@by, '')::uuid, @now, @now, @expires)
on conflict (customer_id) do update set user_id = excluded.user_id, origin = excluded.origin, set_by = excluded.set_by,
  started_at = case when s.user_id = excluded.user_id then s.started_at else excluded.started_at end,
  kept_at = excluded.kept_at, expires_at = excluded.expires_at`)
	keepPairings = define("keep pairings of customers whose agent has their chat", `
update sticky_pairings s set kept_at = @now, expires_at = @expires
from chats c where c.id = any(@chats::uuid[]) and s.customer_id = c.customer_id and s.user_id = c.owner_id`)
	stickyWaitsFor = define("chats that wait for an agent", `
select w.chat_id, w.sticky_until is not null as waits from waiting w
where w.sticky_user_id = @user and w.account_id = @account order by w.chat_id`)
	endStickyWait = define("wait for the own agent no longer", `update waiting set sticky_until = null where chat_id = @chat`)
	forgetSticky  = define("forget the own agent of a waiting chat", `
update waiting set sticky_until = null, sticky_user_id = null where chat_id = @chat`)
)

// pairingExpires gives when a pairing kept now ends; nil when it never does.
func pairingExpires(s routing.Settings, now time.Time) *time.Time {
	if s.Sticky.ExpiresHours <= 0 {
		return nil
	}
	at := now.Add(time.Duration(s.Sticky.ExpiresHours) * time.Hour)
	return &at
}

// pair makes an agent a customer's own from now on. by is the person who set it, empty when a rule did.
func (t *tx) pair(customer domain.CustomerID, user domain.UserID, origin domain.PairingOrigin, by domain.UserID, s routing.Settings) {
	t.later(pairCustomer, args{
		"customer": customer, "account": t.account, "user": user, "origin": origin, "by": string(by), "now": t.now,
		"expires": pairingExpires(s, t.now),
	})
}

// queueKeepPairings adds to a batch that chats given to the customers' own agents keep their pairings.
func (t *tx) queueKeepPairings(b *pgx.Batch, s routing.Settings, picks []pick) {
	var chats []domain.ChatID
	for _, p := range picks {
		if !p.Offer && s.Sticky.For(p.chat.ChannelType) {
			chats = append(chats, p.chat.ChatID)
		}
	}
	if len(chats) > 0 {
		b.Queue(string(keepPairings), args{"chats": chats, "now": t.now, "expires": pairingExpires(s, t.now)})
	}
}

// stickyWait is a chat that waits for an agent, or did and would still rather have them.
type stickyWait struct {
	ChatID domain.ChatID
	Waits  bool
}

// endStickyWaits lets chats wait no longer for an agent who has gone: the line has them at once. why goes on in a
// sentence after the agent's name: "has gone offline". The caller holds the dispatch lock and dispatches afterwards.
func (t *tx) endStickyWaits(ctx context.Context, user domain.UserID, why string) error {
	waits, err := many[stickyWait](ctx, t, stickyWaitsFor, args{"user": user, "account": t.account})
	if err != nil {
		return err
	}
	for _, w := range waits {
		t.later(forgetSticky, args{"chat": w.ChatID})
		if !w.Waits {
			continue
		}
		c, err := t.lockedChat(ctx, w.ChatID)
		if err != nil {
			return err
		}
		if c.Phase != domain.PhaseQueued {
			continue
		}
		name, err := value[string](ctx, t, nameOfUser, args{"user": user})
		if err != nil {
			return err
		}
		d := decision{Text: name + " " + why + ": the chat waits for them no longer."}
		if err := t.stickyEnded(&c, domain.UserRef{ID: user, Name: name}, d); err != nil {
			return err
		}
	}
	return t.flush(ctx)
}

var nameOfUser = define("name of a user", `select name from users where id = @user`)

// stickyEnded tells that a locked chat in line waits for its customer's own agent no longer; d says why.
func (t *tx) stickyEnded(c *chatRow, agent domain.UserRef, d decision) error {
	c.StickyUntil = nil
	fact := domain.Fact{Kind: domain.FactRoutingChanged, Agent: agent.ID, AgentName: agent.Name, Detail: d.Text}
	if err := t.happen(c, fact, d.Text); err != nil {
		return err
	}
	d.Chat, d.Kind, d.Queue, d.User, d.Version = c.ID, domain.StoryStickyEnded, c.QueueID, agent.ID, c.PolicyVersion
	if err := t.story(d); err != nil {
		return err
	}
	return t.emit(domain.EventChatUpdated, c.ID, domain.ChatEventData{Chat: c.view()}, c.staff())
}
