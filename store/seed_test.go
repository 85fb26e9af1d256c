package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store"
	"tandem/store/storetest"
)

func TestTheDemoIsWrittenOnceAndShowsHistoryAtFirstSight(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ctx := t.Context()
	o := store.SeedOptions{PasswordHash: func(p string) (string, error) { return "hash of " + p, nil }, Now: time.Now()}
	seeded, err := s.SeedDemo(ctx, o)
	require.NoError(t, err)
	require.True(t, seeded)
	seeded, err = s.SeedDemo(ctx, o)
	require.NoError(t, err)
	require.False(t, seeded)

	user, hash, err := s.UserForLogin(ctx, "Agent1@demo.test")
	require.NoError(t, err)
	require.Equal(t, "hash of tandem-demo", hash)
	require.Equal(t, "Ada Agent", user.Name)
	require.Len(t, user.QueueIDs, 2)
	ch, err := s.ChannelByKey(ctx, "demo-sms")
	require.NoError(t, err)
	require.Equal(t, "demo-twilio-token", ch.Secrets["auth_token"])
	ada := domain.Actor{Account: "demo", User: user.ID, Name: user.Name, Role: user.Role}
	_, account, err := s.Me(ctx, ada)
	require.NoError(t, err)
	require.Contains(t, account.Features, "previous_interactions")
	require.True(t, account.RoleSMS)

	// Maria writes: the agent who gets her sees her three earlier chats with their transcripts, newest first.
	_, err = s.SetStatus(ctx, ada, ada.User, domain.StatusChange{Status: domain.Available})
	require.NoError(t, err)
	got, err := s.ReceiveMessage(ctx, domain.Inbound{
		Channel: ch, ProviderID: "SM1", Address: "+12025550142", Kind: domain.KindText, Text: "hello again", ReceivedAt: time.Now(),
	})
	require.NoError(t, err)
	_, err = s.RequestAgent(ctx, "demo", got.Chat)
	require.NoError(t, err)
	chat, err := s.Chat(ctx, ada, got.Chat)
	require.NoError(t, err)
	require.Equal(t, "Maria Lopez", chat.Customer.Name)
	past, err := s.CustomerChats(ctx, ada, chat.Customer.ID, 20)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(past.Items), 3)
	closed := 0
	for _, p := range past.Items {
		if p.ID == got.Chat {
			continue
		}
		closed++
		require.Equal(t, domain.PhaseClosed, p.Phase)
		require.NotNil(t, p.Disposition)
		lines, err := s.Messages(ctx, ada, p.ID, store.MessageQuery{})
		require.NoError(t, err)
		require.NotEmpty(t, lines.Items)
		require.Equal(t, p.LastSeq, lines.Items[len(lines.Items)-1].Seq)
		require.Equal(t, p.LastMessage.Text, lines.Items[len(lines.Items)-1].Text)
	}
	require.Equal(t, 3, closed)
	admin, _, err := s.UserForLogin(ctx, "admin@demo.test")
	require.NoError(t, err)
	ann := domain.Actor{Account: "demo", User: admin.ID, Name: admin.Name, Role: admin.Role}
	queues, err := s.Queues(ctx, ann)
	require.NoError(t, err)
	require.Len(t, queues, 3)
	for _, q := range queues {
		policy, version, err := s.QueuePolicy(ctx, ann, q.ID)
		require.NoError(t, err)
		_, again, err := s.PutQueuePolicy(ctx, ann, q.ID, policy, &version)
		require.NoError(t, err, "the demo's own rules are right")
		require.Equal(t, version+1, again)
	}
	rules, version, err := s.RoutingSettings(ctx, ada)
	require.NoError(t, err)
	require.Equal(t, 1, version)
	_, _, err = s.PutRoutingSettings(ctx, ann, rules, nil)
	require.NoError(t, err)
	require.NotEmpty(t, chat.Clocks, "countdowns at first sight")
	results, err := s.Dispositions(ctx, ada, "")
	require.NoError(t, err)
	require.Equal(t, []string{"Resolved", "Refund", "Damaged on arrival"}, namesOf(results)[:3])
	replies, err := s.CannedReplies(ctx, ada)
	require.NoError(t, err)
	require.Len(t, replies, 5)
}
