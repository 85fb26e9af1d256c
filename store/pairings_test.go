package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

func (g stage) paired(customer domain.CustomerID) *domain.Pairing {
	g.Helper()
	p, err := g.s.Sticky(g.Context(), g.f.Supervisor, customer)
	require.NoError(g, err)
	return p
}

func TestAFirstReplyPairsBySettingAndLaterOnesKeepIt(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada, ben := g.f.Agents[0], g.f.Agents[1]
	chat := g.owned(ada, phone(1))
	reply(t, g.s, ada, chat, "hello")
	customer := g.customer(chat)
	require.Nil(t, g.paired(customer), "sticky agents are off on SMS by default")
	closeChat(t, g.s, g.f, chat)
	g.f.SetRules(t, func(s *routing.Settings) {
		s.Sticky.Enabled, s.Sticky.OnFirstReply, s.Sticky.ExpiresHours = true, true, 24
	})

	chat = g.arrives(g.f.Channel, phone(1))
	g.asks(chat)
	reply(t, g.s, ada, chat, "hello again")
	p := g.paired(customer)
	require.Equal(t, ada.User, p.User.ID)
	require.Equal(t, domain.PairingFirstReply, p.Origin)
	require.WithinDuration(t, g.clock.Now().Add(24*time.Hour), *p.ExpiresAt, seconds(5))
	require.Contains(t, g.f.Story(t, chat), domain.StoryStickySet)
	closeChat(t, g.s, g.f, chat)

	// Somebody else helps while Ada is away: she stays their own agent, the time runs on.
	offline(t, g.s, ada)
	g.clock.Forward(time.Hour)
	chat = g.arrives(g.f.Channel, phone(1))
	available(t, g.s, ben)
	g.asks(chat)
	reply(t, g.s, ben, chat, "Ada is away")
	require.Equal(t, p, g.paired(customer))
	closeChat(t, g.s, g.f, chat)
	g.clock.Forward(24 * time.Hour)
	require.Nil(t, g.paired(customer), "it has run out")
	chat = g.arrives(g.f.Channel, phone(1))
	g.asks(chat)
	reply(t, g.s, ben, chat, "me again")
	require.Equal(t, ben.User, g.paired(customer).User.ID)
	first := *g.paired(customer)
	g.clock.Forward(time.Hour)
	reply(t, g.s, ben, chat, "anything else?")
	require.Equal(t, first, *g.paired(customer), "only the first reply of an assignment counts")
}

func TestAPairingFollowsATransferBySetting(t *testing.T) {
	t.Parallel()
	for _, follows := range []bool{true, false} {
		g := onStage(t)
		ada, ben := g.f.Agents[0], g.f.Agents[1]
		g.f.SetRules(t, func(s *routing.Settings) { s.Sticky.Enabled, s.Sticky.FollowsTransfer = true, follows })
		for n, ask := range []bool{false, true} {
			chat := g.owned(ada, phone(n))
			customer := g.customer(chat)
			g.f.Pair(t, customer, ada)
			available(t, g.s, ben)
			_, err := g.s.TransferChat(t.Context(), ada, chat, domain.Transfer{User: ben.User, Ask: ask})
			require.NoError(t, err)
			if ask {
				_, err = g.s.AcceptOffer(t.Context(), ben, chat)
				require.NoError(t, err)
			}
			want := ada.User
			if follows {
				want = ben.User
			}
			require.Equal(t, want, g.paired(customer).User.ID)
			offline(t, g.s, ben)
		}
	}
}

func TestASupervisorSetsAndClearsACustomersOwnAgent(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	theirs := storetest.Account(t, g.s)
	ctx, ada := t.Context(), g.f.Agents[0]
	chat := g.owned(ada, phone(1))
	customer := g.customer(chat)
	_, err := g.s.SetSticky(ctx, ada, customer, ada.User)
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(g.s.ClearSticky(ctx, ada, customer)))
	for _, nobody := range []domain.UserID{g.f.Operator.User, theirs.Agents[0].User, "x"} {
		_, err = g.s.SetSticky(ctx, g.f.Supervisor, customer, nobody)
		requireField(t, err, "user_id")
	}
	_, err = g.s.SetSticky(ctx, theirs.Supervisor, customer, theirs.Agents[0].User)
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(g.s.ClearSticky(ctx, theirs.Supervisor, customer)))
	_, err = g.s.Sticky(ctx, theirs.Supervisor, customer)
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
	_, err = g.s.Sticky(ctx, g.f.Agents[1], customer)
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err), "not a customer of theirs")

	p, err := g.s.SetSticky(ctx, g.f.Supervisor, customer, g.f.Agents[2].User)
	require.NoError(t, err)
	require.Equal(t, domain.PairingSet, p.Origin)
	require.Equal(t, g.f.Supervisor.User, p.SetBy.ID)
	seen, err := g.s.Sticky(ctx, ada, customer)
	require.NoError(t, err)
	require.Equal(t, p, *seen)
	require.NoError(t, g.s.ClearSticky(ctx, g.f.Supervisor, customer))
	require.NoError(t, g.s.ClearSticky(ctx, g.f.Supervisor, customer))
	require.Nil(t, g.paired(customer))
	require.Equal(t, []int{1, 1}, []int{g.audits("sticky.set"), g.audits("sticky.cleared")})
	require.Subset(t, g.f.Story(t, chat), []domain.StoryKind{domain.StoryStickySet})
}

func TestTheTablesOfRoutingAreEachAccountsOwn(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	theirs := storetest.Account(t, g.s)
	ada := g.f.Agents[0]
	g.connected(ada)
	chat, asked := g.owned(ada, phone(1)), g.owned(ada, phone(2))
	g.policy(func(*routing.Policy) {})
	g.f.Pair(t, g.customer(chat), ada)
	_, err := g.s.JoinChat(t.Context(), g.f.Supervisor, chat)
	require.NoError(t, err)
	available(t, g.s, g.f.Agents[1])
	_, err = g.s.TransferChat(t.Context(), ada, asked, domain.Transfer{User: g.f.Agents[1].User, Ask: true})
	require.NoError(t, err)
	require.NoError(t, g.closes(chat, func(r *domain.CloseRequest) { r.CallbackAt, r.CallbackZone = g.clock.Now(), "UTC" }))
	tables := []string{"policies", "presence", "sticky_pairings", "offers", "chat_members", "follow_ups", "routing_events"}
	for _, table := range tables {
		require.NotZero(t, storetest.Value[int](t, g.f, `select count(*)::int from `+table), table)
	}
	err = g.s.InAccountForTest(t.Context(), theirs.Account, func(query func(sql string) int) {
		for _, table := range tables {
			require.Zero(t, query(`select count(*)::int from `+table), table)
			require.Zero(t, query(`with gone as (delete from `+table+` returning 1) select count(*)::int from gone`), table)
		}
		require.Zero(t, query(`with hit as (update accounts set routing = '{}' where id = '`+string(g.f.Account)+`' returning 1) select count(*)::int from hit`))
	})
	require.NoError(t, err)
}
