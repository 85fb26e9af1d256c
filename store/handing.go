package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// lockedChat locks a chat and then reads it; CodeNotFound when the account has no such chat.
func (t *tx) lockedChat(ctx context.Context, id domain.ChatID) (chatRow, error) {
	var locked []domain.ChatID
	var found []chatRow
	b := &pgx.Batch{}
	queueValues(b, &locked, lockChat, args{"chat": id, "account": t.account})
	queueMany(b, &found, chatByID, args{"chat": id})
	if err := t.send(ctx, b); err != nil {
		return chatRow{}, err
	}
	if len(locked) == 0 || len(found) == 0 {
		return chatRow{}, errNoChat()
	}
	return found[0], nil
}

// refresh writes what was queued and reads a locked chat again, with everything that shows beside it.
func (t *tx) refresh(ctx context.Context, c *chatRow) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	row, err := one[chatRow](ctx, t, chatByID, args{"chat": c.ID})
	if err == nil {
		*c = row
	}
	return err
}

var (
	endLeg = define("end an agent's time with a chat", `
update assignments set ended_at = @now, end_reason = @reason where chat_id = @chat and ended_at is null`)
	ownChat = define("own a chat", `
update chats set phase = case when phase = 'customer_left' then phase else 'active' end, owner_id = @user, assigned_at = @now,
  replied_at = null, reply_steps = 0, answered_at = null, silence_steps = 0, held_until = null
where id = @chat`)
	startLeg = define("start an agent's time with a chat", `
insert into assignments (id, account_id, chat_id, user_id, queue_id, channel_type, started_at, why)
values (@id, @account, @chat, @user, @queue, @type, @now, @why)`)
	agentBusy  = define("agent got a chat", `update users set idle_since = greatest(idle_since, @now) where id = @user`)
	backToLine = define("stand in line again", `
insert into waiting (chat_id, account_id, queue_id, priority, queued_at, queue_ids, channel_type, joined_at, passed_by, sticky_user_id, sticky_until)
select @chat, @account, q.id, case when @front then 0 else q.priority end, @queued_at, array[q.id], @type, @now,
  @passed_by::uuid[], nullif(@sticky, '')::uuid, @until
from queues q where q.id = @queue
on conflict (chat_id) do nothing`)
	disown = define("nobody owns a chat", `
update chats set phase = 'queued', owner_id = null, assigned_at = null, replied_at = null, reply_steps = 0, answered_at = null,
  silence_steps = 0, held_until = null, queue_id = @queue, policy_queue = @queue, policy_version = @version
where id = @chat`)
	linesOf = define("queues a chat stands in line for", `select queue_ids from waiting where chat_id = @chat`)
)

// giving is a chat that goes to an agent by somebody's decision, not by dispatch.
type giving struct {
	To        domain.UserRef
	Kind      domain.StoryKind // taken, transferred, assigned
	EndReason string           // of the former owner's leg
	Why       string           // one sentence, kept with the leg
	Line      string           // for everybody in the chat; may be empty
	Text      string           // of the story; Why when empty
	Actor     domain.UserID
}

// giveTo makes an agent the owner of a locked chat that waits or has another owner. Its open offer ends before, by accept
// or withdrawOffer. The caller holds the dispatch lock, has checked that the agent may have the chat, and dispatches
// afterwards.
func (t *tx) giveTo(ctx context.Context, c *chatRow, g giving) error {
	was := *c
	lines, err := t.standsFor(ctx, c)
	if err != nil {
		return err
	}
	leg := domain.NewID[domain.AssignmentID]()
	t.later(endLeg, args{"now": t.now, "reason": g.EndReason, "chat": c.ID})
	t.later(leaveLine, args{"chat": c.ID})
	t.later(ownChat, args{"user": g.To.ID, "now": t.now, "chat": c.ID})
	t.later(startLeg, args{
		"id": leg, "account": t.account, "chat": c.ID, "user": g.To.ID, "queue": c.QueueID, "type": c.ChannelType, "now": t.now, "why": g.Why,
	})
	t.later(agentBusy, args{"now": t.now, "user": g.To.ID})
	if was.OwnerID != nil {
		t.later(agentIdle, args{"now": t.now, "user": *was.OwnerID})
	}
	t.touch(g.To.ID, was.owner())
	if err := t.refresh(ctx, c); err != nil {
		return err
	}
	fact := domain.Fact{Kind: domain.FactAgentAssigned, ID: string(leg), Agent: g.To.ID, AgentName: g.To.Name}
	if err := t.happen(c, fact, g.Line); err != nil {
		return err
	}
	d := decision{Chat: c.ID, Kind: g.Kind, Queue: c.QueueID, User: g.To.ID, Actor: g.Actor, Version: c.PolicyVersion, Text: g.Text}
	if d.Text == "" {
		d.Text = g.Why
	}
	if err := t.story(d); err != nil {
		return err
	}
	if err := t.emitAssigned(*c, lines); err != nil {
		return err
	}
	return t.emitGone(*c, was.OwnerID)
}

// standsFor lists the queues a chat in line stands for; nil for a chat that isn't in line.
func (t *tx) standsFor(ctx context.Context, c *chatRow) ([]domain.QueueID, error) {
	if c.Phase != domain.PhaseQueued {
		return nil, nil
	}
	rows, err := t.Query(ctx, string(linesOf), args{"chat": c.ID})
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[[]domain.QueueID])
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// emitGone shows a chat to the agent it left, so that it leaves their list.
func (t *tx) emitGone(c chatRow, former *domain.UserID) error {
	if former == nil || *former == c.owner() {
		return nil
	}
	return t.emit(domain.EventChatUpdated, c.ID, domain.ChatEventData{Chat: c.view()}, audienceUser(*former))
}

// requeueing puts an owned chat back in line.
type requeueing struct {
	Queue    domain.QueueID // empty: the chat's own, under the policy it has
	Front    bool
	PassedBy domain.UserID // last in turn; may be empty
	// Sticky is the agent it waits for until StickyUntil; may be empty.
	Sticky      domain.UserID
	StickyUntil time.Time
	Fact        domain.FactKind // ChatRequeued or AgentGone
	Kind        domain.StoryKind
	EndReason   string // of the owner's leg
	Line, Text  string
	Actor       domain.UserID
}

// requeue puts a locked chat that an agent owns back in line, with its original arrival time. An open offer is
// withdrawn. The caller holds the dispatch lock, has made sure that the customer hasn't left, and dispatches afterwards.
func (t *tx) requeue(ctx context.Context, c *chatRow, r requeueing) error {
	was := *c
	if _, err := t.withdrawOffer(ctx, c, "the chat went back in line"); err != nil {
		return err
	}
	queue, version := c.QueueID, c.PolicyVersion
	if r.Queue != "" && r.Queue != c.QueueID {
		rules, err := t.queueNow(ctx, r.Queue)
		if err != nil {
			return err
		}
		queue, version = r.Queue, rules.PolicyVersion
	}
	passed := []domain.UserID{}
	if r.PassedBy != "" {
		passed = append(passed, r.PassedBy)
	}
	var until *time.Time
	if r.Sticky != "" && r.StickyUntil.After(t.now) {
		until = &r.StickyUntil
	}
	t.later(endLeg, args{"now": t.now, "reason": r.EndReason, "chat": c.ID})
	t.later(disown, args{"queue": queue, "version": version, "chat": c.ID})
	t.later(backToLine, args{
		"chat": c.ID, "account": t.account, "front": r.Front, "queued_at": c.QueuedAt, "type": c.ChannelType, "now": t.now,
		"passed_by": passed, "sticky": string(r.Sticky), "until": until, "queue": queue,
	})
	if was.OwnerID != nil {
		t.later(agentIdle, args{"now": t.now, "user": *was.OwnerID})
	}
	t.touch(was.owner())
	if err := t.refresh(ctx, c); err != nil {
		return err
	}
	fact := domain.Fact{Kind: r.Fact, Agent: was.owner(), AgentName: was.ownerName(), Detail: r.Text}
	if err := t.happen(c, fact, r.Line); err != nil {
		return err
	}
	d := decision{Chat: c.ID, Kind: r.Kind, Queue: c.QueueID, User: was.owner(), Actor: r.Actor, Version: version, Text: r.Text}
	if err := t.story(d); err != nil {
		return err
	}
	if err := t.emit(domain.EventChatQueued, c.ID, domain.ChatEventData{Chat: c.view()}, audienceQueue(c.QueueID)); err != nil {
		return err
	}
	if err := t.emitGone(*c, was.OwnerID); err != nil {
		return err
	}
	return t.emit(domain.EventChatUpdated, c.ID, domain.ChatEventData{Chat: c.visitorView()}, c.visitors()...)
}
