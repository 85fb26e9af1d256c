package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

var (
	placeOfChat = define("how a chat stands in line", `
select w.queue_ids, w.passed_by, w.priority from waiting w where w.chat_id = @chat`)
	agentsForChat = define("agents of the queues a chat stands in line for", `
select `+agentColumns+` from users u `+agentJoins+`
where u.account_id = @account and u.disabled_at is null and u.role = any(@roles) and u.id in (
  select m.user_id from waiting w join queue_members m on m.queue_id = any(w.queue_ids) where w.chat_id = @chat
  union select w.sticky_user_id from waiting w where w.chat_id = @chat)`)
)

// linePlace is a chat's place in line.
type linePlace struct {
	QueueIDs []domain.QueueID
	PassedBy []domain.UserID
	Priority int
}

// consider finds out, for the story of a clock that ends or changes a wait, why nobody had the chat until now.
func (t *tx) consider(ctx context.Context, f *firing) error {
	switch f.clock.Kind {
	case routing.ClockOverflow, routing.ClockClosed, routing.ClockStep, routing.ClockSticky, routing.ClockMaxWait:
	default:
		return nil
	}
	var places []linePlace
	var agents []agentRow
	var policies []mannerRow
	b := &pgx.Batch{}
	queueMany(b, &places, placeOfChat, args{"chat": f.chat.ID})
	queueMany(b, &agents, agentsForChat, args{"account": t.account, "roles": takingRoles(), "chat": f.chat.ID, "now": t.now})
	queueMany(b, &policies, manners, args{"account": t.account})
	if err := t.send(ctx, b); err != nil || len(places) == 0 {
		return err
	}
	// What barred the chat is said already; here it is about the agents.
	st := f.standing
	entry := routing.Entry{
		Chat: f.chat.ID, Queue: st.Queue, QueueName: st.QueueName, Queues: places[0].QueueIDs, Type: st.ChannelType,
		Priority: places[0].Priority, QueuedAt: st.QueuedAt, StickyAgent: st.StickyAgent, StickyName: st.StickyName,
		StickyUntil: st.StickyUntil, PassedBy: places[0].PassedBy,
	}
	f.considered, f.more = routing.Consider(entry, agentsOf(agents), st.settings, mannersOf(policies), t.now)
	return nil
}
