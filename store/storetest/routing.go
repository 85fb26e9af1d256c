package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store"
)

// Clock is a store's clock that a test may put forward.
type Clock struct {
	ahead atomic.Int64
	// stopped is where the clock stands when it only moves by Forward; zero when it also goes by itself.
	stopped time.Time
}

// StoppedClock gives a clock that stands still between one Forward and the next.
func StoppedClock() *Clock { return &Clock{stopped: time.Now()} }

// Now gives the time.
func (c *Clock) Now() time.Time {
	if !c.stopped.IsZero() {
		return c.stopped.Add(time.Duration(c.ahead.Load()))
	}
	return time.Now().Add(time.Duration(c.ahead.Load()))
}

// Forward puts the clock forward.
func (c *Clock) Forward(d time.Duration) { c.ahead.Add(int64(d)) }

// To puts the clock to a moment that hasn't come yet; an earlier one changes nothing.
func (c *Clock) To(at time.Time) {
	if ahead := at.Sub(c.Now()); ahead > 0 {
		c.Forward(ahead)
	}
}

// WithClock makes a Store go by a clock.
func WithClock(c *Clock) Option {
	return func(o *store.Options) { o.Now = c.Now }
}

// SetPolicy gives a queue a new version of its policy and tells which. Nothing validates it.
func (f Fixture) SetPolicy(t testing.TB, queue domain.QueueID, p routing.Policy) int {
	t.Helper()
	f.exec(t, `update queues set policy = $2, policy_version = policy_version + 1 where id = $1`, queue, p)
	f.exec(t, `insert into policies (account_id, subject, version, body, at) select account_id, id::text, policy_version, policy, now()
		from queues where id = $1`, queue)
	return Value[int](t, f, `select policy_version from queues where id = $1`, queue)
}

// SetRules gives the account other rules of routing. Nothing validates them.
func (f Fixture) SetRules(t testing.TB, change func(*routing.Settings)) {
	t.Helper()
	s := routing.DefaultSettings()
	change(&s)
	f.exec(t, `update accounts set routing = $2, routing_version = routing_version + 1 where id = $1`, f.Account, s)
}

// Pair makes an agent the own agent of a customer, without end.
func (f Fixture) Pair(t testing.TB, customer domain.CustomerID, agent domain.Actor) {
	t.Helper()
	f.exec(t, `insert into sticky_pairings (customer_id, account_id, user_id, origin, started_at, kept_at) values ($1, $2, $3, 'set', now(), now())`,
		customer, f.Account, agent.User)
}

// Story gives the kinds of a chat's decisions, in their order.
func (f Fixture) Story(t testing.TB, chat domain.ChatID) []domain.StoryKind {
	t.Helper()
	rows, err := f.Pool.Query(t.Context(), `select kind from routing_events where chat_id = $1 order by id`, chat)
	require.NoError(t, err)
	defer rows.Close()
	var kinds []domain.StoryKind
	for rows.Next() {
		var kind domain.StoryKind
		require.NoError(t, rows.Scan(&kind))
		kinds = append(kinds, kind)
	}
	require.NoError(t, rows.Err())
	return kinds
}
