package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// How an offer ended. The words are stored.
const (
	offerAccepted  = "accepted"
	offerDeclined  = "declined"
	offerMissed    = "missed"
	offerWithdrawn = "withdrawn"
)

var (
	insertOffer = define("offer a chat to a colleague", `
insert into offers (id, account_id, chat_id, user_id, queue_id, channel_type, from_id, note, why, offered_at, expires_at)
values (@id, @account, @chat, @user, @queue, @type, nullif(@from, '')::uuid, @note, @why, @now, @expires)`)
	openOffer = define("open offer of a chat", `
select o.id, o.user_id, u.name as user_name, o.from_id, f.name as from_name, o.why
from offers o join users u on u.id = o.user_id left join users f on f.id = o.from_id
where o.chat_id = @chat and o.ended_at is null`)
	endOffer = define("end an offer", `update offers set ended_at = @now, result = @result where id = @offer and ended_at is null`)
	passBy   = define("let a chat pass by", `
update waiting set passed_by = array_append(array_remove(passed_by, @user::uuid), @user::uuid) where chat_id = @chat`)
	countMiss   = define("count a missed offer", `update users set missed_offers = missed_offers + 1 where id = @user`)
	offersToEnd = define("chats offered to a user", `
select chat_id from offers where user_id = @user and account_id = @account and ended_at is null order by chat_id`)
)

// offerRow is a chat's open offer.
type offerRow struct {
	ID       domain.OfferID
	UserID   domain.UserID
	UserName string
	FromID   *domain.UserID
	FromName *string
	Why      string
}

func (o offerRow) agent() domain.UserRef { return domain.UserRef{ID: o.UserID, Name: o.UserName} }

// openOffer gives a locked chat's open offer, nil when there is none.
func (t *tx) openOffer(ctx context.Context, chat domain.ChatID) (*offerRow, error) {
	row, err := one[offerRow](ctx, t, openOffer, args{"chat": chat})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &row, nil
}

// newOffer is a transfer that a colleague must accept.
type newOffer struct {
	Agent     domain.UserRef
	From      domain.UserRef // the owner, who keeps the chat until then
	Note      string
	Line      string // for everybody in the chat
	Text      string // of the story
	Actor     domain.UserID
	ExpiresAt time.Time
}

// makeOffer holds a locked chat that an agent owns out to a colleague. The owner keeps it, with its slot, until the
// colleague accepts; meanwhile it takes a slot of the colleague's too. The caller holds the dispatch lock and has checked
// that the colleague may have the chat and that no other offer is open.
func (t *tx) makeOffer(ctx context.Context, c *chatRow, o newOffer) error {
	id := domain.NewID[domain.OfferID]()
	t.later(insertOffer, args{
		"id": id, "account": t.account, "chat": c.ID, "user": o.Agent.ID, "queue": c.QueueID, "type": c.ChannelType,
		"from": string(o.From.ID), "note": o.Note, "why": o.Text, "now": t.now, "expires": o.ExpiresAt,
	})
	t.touch(o.Agent.ID)
	if err := t.refresh(ctx, c); err != nil {
		return err
	}
	fact := domain.Fact{Kind: domain.FactOfferMade, ID: string(id), Agent: o.Agent.ID, AgentName: o.Agent.Name, Detail: o.Text}
	if err := t.happen(c, fact, o.Line); err != nil {
		return err
	}
	err := t.story(decision{
		Chat: c.ID, Kind: domain.StoryOffered, Queue: c.QueueID, User: o.Agent.ID, Actor: o.Actor, Version: c.PolicyVersion, Text: o.Text,
	})
	if err != nil {
		return err
	}
	return t.emitOffer(*c, o.Agent.ID, nil)
}

// announceOffer tells of an offer that dispatch made; the chat's newest seq is the fact's.
func (t *tx) announceOffer(c chatRow, id string, agent domain.UserRef, why string, queues []domain.QueueID) error {
	fact := domain.Fact{
		Seq: c.LastSeq, Kind: domain.FactOfferMade, ID: id, At: t.now, Agent: agent.ID, AgentName: agent.Name, Detail: why,
	}
	if err := t.tell(c.ID, fact, true); err != nil {
		return err
	}
	return t.emitOffer(c, agent.ID, queues)
}

// emitOffer shows a chat to the agent it is offered to, and the offer to those who had the chat on their lists.
func (t *tx) emitOffer(c chatRow, agent domain.UserID, queues []domain.QueueID) error {
	view := domain.ChatEventData{Chat: c.view()}
	if err := t.emit(domain.EventChatOffered, c.ID, view, audienceUser(agent)); err != nil {
		return err
	}
	to := audienceQueues(c.QueueID, queues)
	if c.OwnerID != nil {
		to = append(to, audienceUser(*c.OwnerID))
	}
	return t.emit(domain.EventChatUpdated, c.ID, view, to...)
}

// offerEnds ends an offer of a locked chat and shows it to the agent it was offered to and to who has the chat. The fact
// tells the workflow; nil when the caller's own fact will.
func (t *tx) offerEnds(ctx context.Context, c *chatRow, o offerRow, result string, d decision, fact *domain.Fact, line string) error {
	t.later(endOffer, args{"now": t.now, "result": result, "offer": o.ID})
	t.touch(o.UserID)
	if err := t.refresh(ctx, c); err != nil {
		return err
	}
	if fact != nil {
		if err := t.happen(c, *fact, line); err != nil {
			return err
		}
	}
	d.Chat, d.Queue, d.User, d.Version = c.ID, c.QueueID, o.UserID, c.PolicyVersion
	if err := t.story(d); err != nil {
		return err
	}
	return t.emit(domain.EventChatUpdated, c.ID, domain.ChatEventData{Chat: c.view()}, audienceUser(o.UserID), c.staff())
}

// withdrawOffer ends a locked chat's open offer because something else happened to the chat; reason completes "The offer
// to Ada was withdrawn: …". It gives the offer, nil when none was open, and tells no fact: the caller's own does.
func (t *tx) withdrawOffer(ctx context.Context, c *chatRow, reason string) (*offerRow, error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	o, err := t.openOffer(ctx, c.ID)
	if err != nil || o == nil {
		return nil, err
	}
	d := decision{Kind: domain.StoryWithdrawn, Text: fmt.Sprintf("The offer to %s was withdrawn: %s.", o.UserName, reason)}
	return o, t.offerEnds(ctx, c, *o, offerWithdrawn, d, nil, "")
}

// endOffersOf takes back everything that is offered to a user who takes no chats now; reason completes "The offer to Ada
// was withdrawn: …". What came out of the line goes to others first; a transfer returns to its owner. The caller holds
// the dispatch lock and dispatches afterwards.
func (t *tx) endOffersOf(ctx context.Context, user domain.UserID, reason string) error {
	rows, err := t.Query(ctx, string(offersToEnd), args{"user": user, "account": t.account})
	if err != nil {
		return err
	}
	chats, err := pgx.CollectRows(rows, pgx.RowTo[domain.ChatID])
	if err != nil {
		return err
	}
	for _, chat := range chats {
		c, err := t.lockedChat(ctx, chat)
		if err != nil {
			return err
		}
		o, err := t.openOffer(ctx, chat)
		if err != nil {
			return err
		}
		if o == nil || o.UserID != user {
			continue
		}
		text := fmt.Sprintf("The offer to %s was withdrawn: %s.", o.UserName, reason)
		if err := t.notTaken(ctx, &c, *o, offerWithdrawn, domain.StoryWithdrawn, text); err != nil {
			return err
		}
	}
	return t.flush(ctx)
}

// notTaken ends an offer that its agent doesn't take: a chat in line goes to others first, a transfer returns to its
// owner, who sees it.
func (t *tx) notTaken(ctx context.Context, c *chatRow, o offerRow, result string, kind domain.StoryKind, text string) error {
	d, line := decision{Kind: kind, Text: text}, ""
	if o.FromID != nil {
		line = text
		if c.OwnerID != nil {
			line = fmt.Sprintf("%s The chat stays with %s.", text, c.ownerName())
		}
		if result != offerWithdrawn {
			d.Kind = domain.StoryReturned
		}
		d.Text = line
	} else {
		t.later(passBy, args{"user": o.UserID, "chat": c.ID})
	}
	fact := domain.Fact{Kind: domain.FactOfferEnded, ID: string(o.ID), Agent: o.UserID, AgentName: o.UserName, Detail: d.Text}
	return t.offerEnds(ctx, c, o, result, d, &fact, line)
}

// AcceptOffer makes the actor the owner of a chat that is offered to them. Accepting what they own already changes
// nothing. CodeConflict already_taken names who has the chat; offer_ended when it is offered to them no longer.
func (s *Store) AcceptOffer(ctx context.Context, a domain.Actor, chat domain.ChatID) (domain.ChatView, error) {
	return s.answerOffer(ctx, a, chat, "accepting a chat", func(t *tx, c *chatRow, o *offerRow) error {
		switch {
		case o == nil && c.owner() == a.User && c.Phase.Open():
			return nil
		case o == nil || o.UserID != a.User || !c.Phase.Open():
			return errOfferEnded(c, a)
		case c.Phase == domain.PhaseQueued && c.CustomerLeftAt != nil:
			return domain.E(domain.CodeConflict, "the customer has just left").Because("offer_ended")
		}
		return t.accept(ctx, c, *o)
	})
}

// errOfferEnded says that a chat isn't offered to the actor any more, and who has it.
func errOfferEnded(c *chatRow, a domain.Actor) error {
	if c.OwnerID != nil && *c.OwnerID != a.User && c.Phase.Open() {
		return domain.E(domain.CodeConflict, "%s has this chat", c.ownerName()).Because("already_taken")
	}
	return domain.E(domain.CodeConflict, "this chat isn't offered to you any more").Because("offer_ended")
}

// accept ends an open offer with its agent as the owner.
func (t *tx) accept(ctx context.Context, c *chatRow, o offerRow) error {
	settings, _, err := t.settings(ctx)
	if err != nil {
		return err
	}
	t.later(endOffer, args{"now": t.now, "result": offerAccepted, "offer": o.ID})
	g := giving{To: o.agent(), Kind: domain.StoryAssigned, Why: o.Why, Text: o.UserName + " accepted the chat."}
	if o.FromID != nil {
		g.Kind, g.EndReason = domain.StoryTransferred, "transferred"
		g.Line = fmt.Sprintf("%s took over from %s.", o.UserName, or(o.FromName))
		g.Text = g.Line
	}
	if err := t.giveTo(ctx, c, g); err != nil || !settings.Sticky.For(c.ChannelType) {
		return err
	}
	if o.FromID != nil && settings.Sticky.FollowsTransfer {
		t.pair(c.CustomerID, o.UserID, domain.PairingTransfer, "", settings)
		return nil
	}
	t.later(keepPairings, args{"chats": []domain.ChatID{c.ID}, "now": t.now, "expires": pairingExpires(settings, t.now)})
	return nil
}

// maxDeclineReason bounds the reason an agent gives for declining, in characters.
const maxDeclineReason = 200

// DeclineOffer lets a chat pass that is offered to the actor: it goes to the next agent at once, or returns to the owner
// who wanted to hand it over. CodeConflict offer_ended or already_taken when it is offered to them no longer.
func (s *Store) DeclineOffer(ctx context.Context, a domain.Actor, chat domain.ChatID, reason string) (domain.ChatView, error) {
	reason, err := shortText("reason", reason, maxDeclineReason)
	if err != nil {
		return domain.ChatView{}, err
	}
	return s.answerOffer(ctx, a, chat, "declining a chat", func(t *tx, c *chatRow, o *offerRow) error {
		if o == nil || o.UserID != a.User || !c.Phase.Open() {
			return errOfferEnded(c, a)
		}
		text := o.UserName + " declined the chat."
		if reason != "" {
			text = fmt.Sprintf("%s declined the chat: %s", o.UserName, sentence(reason))
		}
		return t.notTaken(ctx, c, *o, offerDeclined, domain.StoryDeclined, text)
	})
}

// answerOffer runs an agent's answer to an offer, hands out what that made possible, and gives the chat as it is then.
func (s *Store) answerOffer(
	ctx context.Context, a domain.Actor, chat domain.ChatID, doing string, answer func(*tx, *chatRow, *offerRow) error,
) (domain.ChatView, error) {
	if err := mayReadChats(a); err != nil {
		return domain.ChatView{}, err
	}
	if _, err := uuid.Parse(string(chat)); err != nil {
		return domain.ChatView{}, errNoChat()
	}
	var view domain.ChatView
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		c, err := t.lockedChat(ctx, chat)
		if err != nil {
			return err
		}
		o, err := t.openOffer(ctx, chat)
		if err != nil {
			return err
		}
		if err := answer(t, &c, o); err != nil {
			return err
		}
		if _, err := t.dispatch(ctx); err != nil {
			return err
		}
		if err := t.refresh(ctx, &c); err != nil {
			return err
		}
		view = c.view()
		return nil
	})
	if err != nil {
		return domain.ChatView{}, fmt.Errorf("%s: %w", doing, err)
	}
	return view, nil
}
