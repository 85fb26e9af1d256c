package store_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

func TestRulesOfRoutingAreVersioned(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	ctx := t.Context()
	rules, version, err := s.RoutingSettings(ctx, f.Operator)
	require.NoError(t, err)
	require.Zero(t, version)
	require.Equal(t, routing.DefaultSettings().Filled(), rules)

	rules.Caps.PerAgent, rules.Zone = 3, "Europe/Vienna"
	_, _, err = s.PutRoutingSettings(ctx, f.Supervisor, rules, nil)
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))
	_, version, err = s.PutRoutingSettings(ctx, f.Admin, rules, nil)
	require.NoError(t, err)
	require.Equal(t, 1, version)
	old := 0
	_, _, err = s.PutRoutingSettings(ctx, f.Admin, rules, &old)
	requireReason(t, err, domain.CodeConflict, "newer_version")
	now := 1
	rules.Caps.PerAgent = 21
	_, _, err = s.PutRoutingSettings(ctx, f.Admin, rules, &now)
	requireField(t, err, "caps.per_agent")
	rules.Caps.PerAgent = 4
	_, version, err = s.PutRoutingSettings(ctx, f.Admin, rules, &now)
	require.NoError(t, err)
	require.Equal(t, 2, version)
	kept, version, err := s.RoutingSettings(ctx, f.Agents[0])
	require.NoError(t, err)
	require.Equal(t, 2, version)
	require.Equal(t, rules, kept)

	versions, err := s.RoutingVersions(ctx, f.Supervisor)
	require.NoError(t, err)
	require.Len(t, versions, 2)
	require.Equal(t, 2, versions[0].Version)
	require.Equal(t, f.Admin.User, versions[0].Actor.ID)
	var first routing.Settings
	require.NoError(t, json.Unmarshal(versions[1].Settings, &first))
	require.Equal(t, 3, first.Caps.PerAgent)
	require.Equal(t, 2, storetest.Value[int](t, f, `select count(*)::int from audit where action = 'routing.changed'`))
}

func requireField(t *testing.T, err error, field string) {
	t.Helper()
	var refused *domain.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, domain.CodeInvalid, refused.Code)
	require.Equal(t, field, refused.Field)
}

func TestAQueuesPolicyIsCheckedKeptAndHoldsForLaterChats(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	theirs := storetest.Account(t, s)
	ctx := t.Context()
	policy, version, err := s.QueuePolicy(ctx, f.Supervisor, f.Queue)
	require.NoError(t, err)
	require.Zero(t, version)
	require.Equal(t, routing.DefaultPolicy().Filled(), policy)
	before := chatInLine(t, s, f, phone(1))

	policy.Fallback = []routing.Step{{AfterSeconds: 60, Action: routing.ActionWiden, Queues: []domain.QueueID{theirs.Queue}}}
	_, _, err = s.PutQueuePolicy(ctx, f.Admin, f.Queue, policy, nil)
	requireField(t, err, "fallback[0].queues[0]")
	policy.Fallback[0].Queues = []domain.QueueID{f.Sales}
	_, _, err = s.PutQueuePolicy(ctx, f.Admin, theirs.Queue, policy, nil)
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
	_, _, err = s.PutQueuePolicy(ctx, f.Supervisor, f.Queue, policy, nil)
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))
	saved, version, err := s.PutQueuePolicy(ctx, f.Admin, f.Queue, policy, nil)
	require.NoError(t, err)
	require.Equal(t, 1, version)
	require.Equal(t, policy, saved)
	old := 0
	_, _, err = s.PutQueuePolicy(ctx, f.Admin, f.Queue, policy, &old)
	requireReason(t, err, domain.CodeConflict, "newer_version")

	later := chatInLine(t, s, f, phone(2))
	require.Empty(t, chatView(t, s, f, before).Clocks, "under the rules it came with")
	clocks := chatView(t, s, f, later).Clocks
	require.Len(t, clocks, 1)
	require.Equal(t, "to Sales as well", clocks[0].What)
	page, err := s.Chats(ctx, f.Agents[1], domain.ChatFilter{View: domain.ViewWaiting})
	require.NoError(t, err)
	require.Equal(t, clocks, page.Items[1].Clocks, "lists show the same")
	require.Equal(t, []int{1, 2}, []int{page.Items[0].Position, page.Items[1].Position})

	queue, err := s.Queue(ctx, f.Supervisor, f.Queue)
	require.NoError(t, err)
	require.Equal(t, 1, queue.PolicyVersion)
	versions, err := s.QueuePolicies(ctx, f.Supervisor, f.Queue)
	require.NoError(t, err)
	require.Len(t, versions, 1)
	_, err = s.QueuePolicies(ctx, f.Supervisor, theirs.Queue)
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
	_, _, err = s.QueuePolicy(ctx, f.Agents[0], f.Queue)
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))
}

func TestPlacesGoOnOverThePagesOfTheLine(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	ctx := t.Context()
	for n := range 5 {
		in := f.Inbound(phone(n), "hello")
		if n%2 == 1 {
			in.Channel = f.Webchat
		}
		_, err := s.ReceiveMessage(ctx, in)
		require.NoError(t, err)
	}
	_, err := f.Pool.Exec(ctx, `update waiting set queue_id = $1, queue_ids = array[$1, $2]::uuid[] where channel_type = 'webchat'`, f.Sales, f.Queue)
	require.NoError(t, err)
	_, err = f.Pool.Exec(ctx, `update chats c set queue_id = w.queue_id from waiting w where w.chat_id = c.id`)
	require.NoError(t, err)
	_, err = f.Pool.Exec(ctx, `update waiting set priority = 0 where chat_id = (select max(chat_id::text)::uuid from waiting)`)
	require.NoError(t, err)
	places := func(by domain.Actor) (got []int) {
		for cursor, more := "", true; more; more = cursor != "" {
			page, err := s.Chats(ctx, by, domain.ChatFilter{View: domain.ViewWaiting, Limit: 2, Cursor: cursor})
			require.NoError(t, err)
			for _, c := range page.Items {
				got = append(got, c.Position)
				fresh, err := s.Chat(ctx, by, c.ID)
				require.NoError(t, err)
				if c.Position != 0 {
					require.Equal(t, fresh.Position, c.Position)
				}
			}
			cursor = page.Next
		}
		return got
	}
	require.Equal(t, []int{1, 2, 1, 3, 2}, places(f.Supervisor), "the last to come was sent to the front")
	require.Equal(t, []int{1, 2, 1, 3, 2}, places(f.Agents[0]), "who serves both queues sees the same")
	require.Equal(t, []int{1, 2, 0, 3, 0}, places(f.Agents[1]), "Sales is open to Support, but its line isn't theirs to see")
}

func TestMembersHavePrioritiesAndKeepTheirTurn(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	ctx := t.Context()
	_, err := f.Pool.Exec(ctx, `update queue_members set served_at = now()`)
	require.NoError(t, err)
	ada, ben := f.Agents[0].User, f.Agents[1].User
	queue, err := s.PutMembers(ctx, f.Admin, f.Queue, []domain.Member{{User: ada}, {User: ben, Priority: 1}})
	require.NoError(t, err)
	require.Equal(t, []domain.Member{{User: ben, Priority: 1}, {User: ada, Priority: 5}}, queue.Members)
	require.Equal(t, 2, storetest.Value[int](t, f, `select count(served_at)::int from queue_members where queue_id = $1`, f.Queue))
	_, err = s.PutMembers(ctx, f.Admin, f.Queue, []domain.Member{{User: ada, Priority: 10}})
	requireField(t, err, "members[0].priority")
	_, err = s.PutMembers(ctx, f.Admin, f.Queue, []domain.Member{{User: ada}, {User: ada}})
	requireField(t, err, "members[1].user_id")
	queue, err = s.PutMembers(ctx, f.Admin, f.Queue, nil)
	require.NoError(t, err)
	require.Empty(t, queue.Members)
	queues, err := s.Queues(ctx, f.Agents[0])
	require.NoError(t, err, "agents transfer to queues")
	require.Len(t, queues, 2)
	_, err = s.Queues(ctx, f.Operator)
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))
}
