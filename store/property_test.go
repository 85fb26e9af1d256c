package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tandem/domain"
	"tandem/routing"
	"tandem/store"
	"tandem/store/storetest"
)

const (
	// load counts an agent's slots in use; the user is u.
	load = `((select count(*) from assignments s join chats l on l.id = s.chat_id where s.user_id = u.id and s.ended_at is null and not s.held
			and (l.phase <> 'customer_left' or coalesce((select routing->>'left_holds_slot' from accounts where id = u.account_id), 'true') = 'true'))
		+ (select count(*) from offers s where s.user_id = u.id and s.ended_at is null))`
	// mayTake says that agent u could have been given the waiting chat w at the moment $2, whatever room they have.
	mayTake = `w.barred = '' and c.phase = 'queued' and c.customer_left_at is null
		and not exists (select from offers x where x.chat_id = w.chat_id and x.ended_at is null)
		and exists (select from queue_members m where m.user_id = u.id and m.queue_id = any(w.queue_ids))
		and (u.channel_types is null or w.channel_type = any(u.channel_types))
		and (w.sticky_until is null or w.sticky_until <= $2 or w.sticky_user_id = u.id or w.sticky_user_id = any(w.passed_by))`
	// sqlNeglected counts chats in line that somebody free could take: nothing may be left over after a dispatch.
	sqlNeglected = `select count(distinct w.chat_id) from waiting w join chats c on c.id = w.chat_id join users u on u.account_id = w.account_id
		where w.account_id = $1 and u.status = 'available' and u.next_status = '' and u.disabled_at is null and u.role in ('agent', 'supervisor')
		and ` + mayTake + ` and ` + load + ` < u.max_chats`
	// sqlHeld gives every open chat with the agent who has it, or is offered it out of the line; nobody while it waits.
	// Priority is that in line, as long as the chat is in line, else its queue's.
	sqlHeld = `select c.id as chat, coalesce(o.user_id::text, c.owner_id::text, '') as agent, coalesce(w.priority, q.priority), c.queued_at
		from chats c join queues q on q.id = c.queue_id left join offers o on o.chat_id = c.id and o.ended_at is null and o.from_id is null
		left join waiting w on w.chat_id = c.id
		where c.account_id = $1 and c.phase <> 'closed'`
	// sqlOvertaken counts chats still in line that the agents of $3 could have had instead of the younger ones of $4 that
	// they just got.
	sqlOvertaken = `select count(*) from unnest($3::uuid[], $4::uuid[], $5::integer[], $6::timestamptz[]) as g (agent, chat, priority, queued_at)
		join users u on u.id = g.agent join waiting w on w.account_id = $1 join chats c on c.id = w.chat_id
		where (w.priority, w.queued_at, w.chat_id) < (g.priority, g.queued_at, g.chat) and ` + mayTake
	// sqlOverCap counts the agents of $1 with more than they may have.
	sqlOverCap = `select count(*) from users u where u.id = any($1::uuid[]) and ` + load + ` > u.max_chats`
)

// held is an open chat with the agent who has it or is offered it.
type held struct {
	Chat     domain.ChatID
	Agent    domain.UserID
	Priority int
	QueuedAt time.Time
}

// world is one account under a random schedule, whose every change is watched.
type world struct {
	*rapid.T
	t        *testing.T
	s        *store.Store
	f        storetest.Fixture
	clock    *storetest.Clock
	sales    domain.Channel
	before   map[domain.ChatID]held
	visitors []domain.Visitor
	// handed is the chat that the step at hand gave to somebody by a decision of its own, not by dispatch.
	handed domain.ChatID
	trace  []string
	broken string // the invariant that didn't hold
}

// wantedSteps is how many steps all schedules take together, at least.
const wantedSteps = 10_000

func TestSchedulesHoldTheInvariantsOfRouting(t *testing.T) {
	t.Parallel()
	var steps atomic.Int64
	seen := kinds{counts: map[domain.StoryKind]int{}}
	t.Run("schedules", func(t *testing.T) {
		for n := range 2 {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				clock := storetest.StoppedClock()
				s := storetest.New(t, storetest.WithClock(clock))
				rapid.Check(t, func(rt *rapid.T) {
					w := newWorld(t, rt, s, clock)
					for range rapid.IntRange(50, 70).Draw(rt, "steps") {
						w.step()
						steps.Add(1)
					}
				})
				seen.count(t, s)
			})
		}
	})
	if t.Failed() {
		return
	}
	t.Logf("%d steps, decisions: %v", steps.Load(), seen.counts)
	require.GreaterOrEqual(t, steps.Load(), int64(wantedSteps), "run with rapid's usual number of checks")
	for _, kind := range []domain.StoryKind{
		domain.StoryArrived, domain.StoryStickyWait, domain.StoryStickyHit, domain.StoryStickyEnded, domain.StoryOffered, domain.StoryDeclined,
		domain.StoryMissed, domain.StoryWithdrawn, domain.StoryAssigned, domain.StoryWidened, domain.StoryMoved, domain.StoryTold,
		domain.StoryNotified, domain.StoryCallback, domain.StoryTimedOut, domain.StoryRequeued, domain.StoryTransferred,
		domain.StoryReturned, domain.StoryTaken, domain.StoryHeld, domain.StoryResumed, domain.StoryStepForced, domain.StoryReminded,
		domain.StorySilenceWarn, domain.StorySilenceEnd, domain.StoryWrapUpEnded, domain.StoryAgentGone,
	} {
		require.Positive(t, seen.counts[kind], "no schedule came to %s", kind)
	}
}

// kinds counts decisions over several databases.
type kinds struct {
	mu     sync.Mutex
	counts map[domain.StoryKind]int
}

func (k *kinds) count(t *testing.T, s *store.Store) {
	t.Helper()
	rows, err := storetest.Pool(t, s).Query(t.Context(), `select kind, count(*) from routing_events group by kind`)
	require.NoError(t, err)
	defer rows.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	for rows.Next() {
		var kind domain.StoryKind
		var n int
		require.NoError(t, rows.Scan(&kind, &n))
		k.counts[kind] += n
	}
	require.NoError(t, rows.Err())
}

func newWorld(t *testing.T, rt *rapid.T, s *store.Store, clock *storetest.Clock) *world {
	f := storetest.Account(t, s)
	w := &world{T: rt, t: t, s: s, f: f, clock: clock, sales: f.Channel, before: map[domain.ChatID]held{}}
	w.sales.ID, w.sales.Key, w.sales.Queue = domain.NewID[domain.ChannelID](), f.Channel.Key+"-sales", f.Sales
	f.AddChannel(t, w.sales)
	_, err := f.Pool.Exec(t.Context(), `update users set max_chats = 2 where account_id = $1`, f.Account)
	require.NoError(t, err)
	f.SetRules(t, func(r *routing.Settings) {
		r.Sticky.Enabled, r.Sticky.WaitSeconds = rapid.IntRange(0, 3).Draw(rt, "sticky") < 3, 60
		r.Sticky.OnFirstReply, r.Sticky.FollowsTransfer = true, rapid.Bool().Draw(rt, "follows")
		r.LeftHoldsSlot = rapid.Bool().Draw(rt, "left holds slot")
	})
	for _, a := range f.Agents {
		available(t, s, a)
	}
	for _, q := range []domain.QueueID{f.Queue, f.Sales} {
		f.SetPolicy(t, q, w.drawPolicy(q))
	}
	return w
}

// drawPolicy gives one of many policies.
func (w *world) drawPolicy(queue domain.QueueID) routing.Policy {
	other := w.f.Sales
	if queue == w.f.Sales {
		other = w.f.Queue
	}
	steps := []routing.Step{
		{Action: routing.ActionWiden, Queues: []domain.QueueID{other}},
		{Action: routing.ActionMove, Queue: other},
		{Action: routing.ActionText, Text: "Please wait."},
		{Action: routing.ActionNotify, Users: []domain.UserID{w.f.Supervisor.User}},
		{Action: routing.ActionCallback, CallbackMinutes: 60},
		{Action: routing.ActionClose, Text: "Sorry."},
	}
	p := routing.DefaultPolicy()
	p.Strategy = rapid.SampledFrom([]routing.Strategy{routing.LongestIdle, routing.LeastBusy, routing.RoundRobin}).Draw(w.T, "strategy")
	p.OfferSeconds = rapid.SampledFrom([]int{0, 20}).Draw(w.T, "offer")
	p.MaxWaitSeconds = rapid.SampledFrom([]int{0, 200}).Draw(w.T, "max wait")
	p.MaxWaiting = rapid.SampledFrom([]int{0, 2, 2}).Draw(w.T, "max waiting")
	p.Overflow = rapid.SampledFrom(steps).Draw(w.T, "overflow")
	for n := range rapid.IntRange(0, 3).Draw(w.T, "chain") {
		step := rapid.SampledFrom(steps).Draw(w.T, "link")
		step.AfterSeconds = 30 * (n + 1)
		p.Fallback = append(p.Fallback, step)
	}
	p.FirstReply = []routing.ReplyStep{{AfterSeconds: 40, Action: routing.ReplyRemind}, {AfterSeconds: 80, Action: routing.ReplyRequeue}}
	p.Silence = []routing.SilenceStep{{AfterSeconds: 40, Action: routing.SilenceWarn, Text: "Hello?"}, {AfterSeconds: 80, Action: routing.SilenceEnd}}
	p.WrapUp = routing.WrapUp{Seconds: 60, Disposition: w.f.Disposition}
	return p
}

// check looks at everything after a step. dispatched says that the step must have handed out all that can be.
func (w *world) check(dispatched bool) {
	now, all := w.clock.Now().UTC().Truncate(time.Millisecond), map[domain.ChatID]held{}
	rows, err := w.f.Pool.Query(w.t.Context(), sqlHeld, w.f.Account)
	require.NoError(w.t, err)
	var agents, chats []string
	var priorities []int
	var queued []time.Time
	for rows.Next() {
		var h held
		require.NoError(w.t, rows.Scan(&h.Chat, &h.Agent, &h.Priority, &h.QueuedAt))
		all[h.Chat] = h
		was, had := w.before[h.Chat]
		if h.Agent == "" || h.Chat == w.handed || was.Agent == h.Agent {
			continue
		}
		priority := h.Priority
		switch {
		case had && was.Agent != "": // it went back in line, to its front, and out again within the step
			priority = 0
		case had:
			priority = was.Priority
		}
		agents, chats = append(agents, string(h.Agent)), append(chats, string(h.Chat))
		priorities, queued = append(priorities, priority), append(queued, h.QueuedAt)
	}
	require.NoError(w.t, rows.Err())
	w.before = all
	b := &pgx.Batch{}
	w.none(b, "incoherent chats", sqlIncoherent, w.f.Account)
	w.none(b, "chats with gaps in their facts", sqlGaps, w.f.Account)
	if len(agents) > 0 {
		w.none(b, "agents who got a chat beyond their cap", sqlOverCap, agents)
		w.none(b, "older chats overtaken", sqlOvertaken, w.f.Account, now, agents, chats, priorities, queued)
	}
	if dispatched {
		w.none(b, "chats that wait although somebody is free", sqlNeglected, w.f.Account, now)
	}
	require.NoError(w.t, w.f.Pool.SendBatch(w.t.Context(), b).Close())
	if w.broken != "" {
		w.Fatalf("%s after %v", w.broken, w.trace[max(0, len(w.trace)-12):])
	}
}

// none adds to a batch that sql counts nothing.
func (w *world) none(b *pgx.Batch, what, sql string, args ...any) {
	b.Queue(sql, args...).QueryRow(func(row pgx.Row) error {
		var n int
		if err := row.Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			w.broken = fmt.Sprintf("%d %s", n, what)
		}
		return nil
	})
}

// pick draws one of several, in an order that a repeated schedule finds again; false when there is none.
func pick[T any](w *world, what string, all []T) (T, bool) {
	if len(all) == 0 {
		var none T
		return none, false
	}
	return evenly(w, what, all), true
}

// evenly draws one of several with the same chance for each: rapid by itself prefers the first ones, and rare deeds would
// stay too rare to meet each other.
func evenly[T any](w *world, what string, all []T) T {
	drawn := rand.New(rand.NewPCG(rapid.Uint64().Draw(w.T, what), uint64(len(w.trace))))
	return all[drawn.IntN(len(all))]
}

// chatsOf gives the chats that sql finds in the account, in their order of birth.
func (w *world) chatsOf(sql string, args ...any) []domain.ChatID {
	rows, err := w.f.Pool.Query(w.t.Context(), sql, append([]any{w.f.Account}, args...)...)
	require.NoError(w.t, err)
	defer rows.Close()
	var ids []domain.ChatID
	for rows.Next() {
		var id domain.ChatID
		require.NoError(w.t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(w.t, rows.Err())
	slices.Sort(ids)
	return ids
}
