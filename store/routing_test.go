package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

func TestTheLongestIdleAgentIsServedFirstAndChatsGoRound(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	for _, n := range []int{2, 0, 1} {
		available(t, s, f.Agents[n])
	}
	var owners []domain.UserID
	for n := range 6 {
		got, err := s.RequestAgent(t.Context(), f.Account, chatInLine(t, s, f, phone(n)))
		require.NoError(t, err)
		require.Equal(t, domain.PhaseActive, got.Phase)
		require.NotEmpty(t, got.Why)
		owners = append(owners, got.Agent)
	}
	a, b, c := f.Agents[2].User, f.Agents[0].User, f.Agents[1].User
	require.Equal(t, []domain.UserID{a, b, c, a, b, c}, owners)
}

func TestChatsAssignedAtOneMomentGoRound(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	for n := range 6 {
		chatInLine(t, s, f, phone(n))
	}
	_, err := f.Pool.Exec(t.Context(), `update users set status = 'available' where role = 'agent'`)
	require.NoError(t, err)
	require.NoError(t, s.Dispatch(t.Context(), f.Account))
	for _, a := range f.Agents {
		require.Equal(t, 2, storetest.Value[int](t, f, `select count(*) from chats where owner_id = $1`, a.User))
	}
}

func TestRequestAgentTellsThePlaceInLineAndMayBeRepeated(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	first, second := chatInLine(t, s, f, phone(1)), chatInLine(t, s, f, phone(2))
	for range 2 {
		got, err := s.RequestAgent(t.Context(), f.Account, second)
		require.NoError(t, err)
		require.Equal(t, domain.Assigned{Phase: domain.PhaseQueued, Position: 2, Why: "Nobody who serves Support has room."}, got)
	}
	_, err := f.Pool.Exec(t.Context(), `delete from waiting where chat_id = $1`, first)
	require.NoError(t, err)
	got, err := s.RequestAgent(t.Context(), f.Account, first)
	require.NoError(t, err)
	require.Equal(t, 1, got.Position, "a chat that fell out of line stands where it stood")
	available(t, s, f.Agents[1])
	for range 2 {
		got, err = s.RequestAgent(t.Context(), f.Account, first)
		require.NoError(t, err)
		require.Equal(t, f.Agents[1].User, got.Agent)
		require.Equal(t, f.Agents[1].Name, got.Name)
	}
	require.Equal(t, 2, storetest.Value[int](t, f, `select count(*) from assignments`))
	closeChat(t, s, f, first)
	got, err = s.RequestAgent(t.Context(), f.Account, first)
	require.NoError(t, err)
	require.Equal(t, domain.Assigned{Phase: domain.PhaseClosed}, got)
	_, err = s.RequestAgent(t.Context(), f.Account, domain.ChatID(uuid.NewString()))
	requireReason(t, err, domain.CodeNotFound, "unknown_chat")
}

func TestAFreedSlotGoesToTheOldestAndFactsAndEventsTellIt(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	agent := f.Agents[0]
	var chats []domain.ChatID
	for n := range storetest.AgentCap + 2 {
		chats = append(chats, chatInLine(t, s, f, phone(n)))
	}
	available(t, s, agent)
	oldest, last := chats[storetest.AgentCap], chats[storetest.AgentCap+1]
	got, err := s.ReleaseAndPickNext(t.Context(), f.Account, agent.User)
	require.NoError(t, err)
	require.Empty(t, got)
	result := closeChat(t, s, f, chats[2])
	require.Equal(t, agent.User, result.Agent)
	got, err = s.ReleaseAndPickNext(t.Context(), f.Account, agent.User)
	require.NoError(t, err)
	require.Equal(t, []domain.ChatID{oldest}, got)
	require.Equal(t, domain.PhaseQueued, chatView(t, s, f, last).Phase)
	facts, err := s.Facts(t.Context(), f.Account, oldest, 1, 9)
	require.NoError(t, err)
	require.Len(t, facts, 2)
	require.Equal(t, domain.FactAgentAssigned, facts[1].Kind)
	require.EqualValues(t, 2, facts[1].Seq)
	require.Equal(t, agent.User, facts[1].Agent)
	require.Equal(t, agent.Name, facts[1].AgentName)
	for audience, typ := range map[string]string{"user:" + string(agent.User): "chat.assigned", "queue:" + string(f.Queue): "chat.updated"} {
		require.Equal(t, 1, storetest.Value[int](t, f,
			`select count(*) from events where chat_id = $1 and audience = $2 and type = $3 and data->'chat'->'owner'->>'name' = $4`,
			oldest, audience, typ, agent.Name))
	}
}

func TestABreakKeepsChatsAndBringsNoNewOnes(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	agent := f.Agents[0]
	mine := chatInLine(t, s, f, phone(1))
	available(t, s, agent)
	u, err := s.SetStatus(t.Context(), agent, agent.User, domain.StatusChange{Status: domain.OnBreak, Reason: " Lunch "})
	require.NoError(t, err)
	require.Equal(t, "Lunch", u.StatusReason)
	require.Equal(t, 1, u.OpenChats)
	require.ElementsMatch(t, []domain.QueueID{f.Queue, f.Sales}, u.QueueIDs)
	next := chatInLine(t, s, f, phone(2))
	got, err := s.RequestAgent(t.Context(), f.Account, next)
	require.NoError(t, err)
	require.Equal(t, domain.PhaseQueued, got.Phase)
	require.Equal(t, agent.User, chatView(t, s, f, mine).Owner.ID)
	available(t, s, agent)
	require.Equal(t, agent.User, chatView(t, s, f, next).Owner.ID, "coming back takes what waits")
	available(t, s, agent)
	require.Equal(t, 3, storetest.Value[int](t, f, `select count(*) from user_status_changes`), "a repeat changes nothing")
	require.Equal(t, 3, storetest.Value[int](t, f, `select count(*) from events where type = 'agent.status' and audience = 'account'`))
	_, err = s.SetStatus(t.Context(), agent, agent.User, domain.StatusChange{Status: "napping"})
	requireReason(t, err, domain.CodeInvalid, "invalid")
}

func TestAdminsOperatorsAndDisabledUsersGetNoChats(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	for _, a := range []domain.Actor{f.Admin, f.Operator} {
		f.Join(t, a, f.Queue)
		available(t, s, a)
	}
	available(t, s, f.Agents[0])
	_, err := f.Pool.Exec(t.Context(), `update users set disabled_at = now() where id = $1`, f.Agents[0].User)
	require.NoError(t, err)
	chat := chatInLine(t, s, f, phone(1))
	got, err := s.RequestAgent(t.Context(), f.Account, chat)
	require.NoError(t, err)
	require.Equal(t, domain.PhaseQueued, got.Phase)
	f.Join(t, f.Supervisor, f.Queue)
	available(t, s, f.Supervisor)
	require.Equal(t, f.Supervisor.User, chatView(t, s, f, chat).Owner.ID)
}

func TestPriorityComesBeforeAge(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	old := chatInLine(t, s, f, phone(1))
	_, err := f.Pool.Exec(t.Context(), `update queues set priority = 1 where id = $1`, f.Sales)
	require.NoError(t, err)
	sales := f.Channel
	sales.ID, sales.Key, sales.Queue = domain.NewID[domain.ChannelID](), f.Channel.Key+"-sales", f.Sales
	f.AddChannel(t, sales)
	in := f.Inbound(phone(2), "buy")
	in.Channel = sales
	urgent, err := s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	_, err = f.Pool.Exec(t.Context(), `update users set max_chats = 1`)
	require.NoError(t, err)
	available(t, s, f.Agents[0])
	require.Equal(t, f.Agents[0].User, chatView(t, s, f, urgent.Chat).Owner.ID)
	require.Equal(t, domain.PhaseQueued, chatView(t, s, f, old).Phase)
}

func TestManyWaitForOneQueueWhileAnotherQueuesAgentIsFree(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	for n := range 130 { // more than one round looks at, all of a queue that agent 4 doesn't serve
		chatInLine(t, s, f, phone(n))
	}
	only := f.AddUser(t, "Sales Only", domain.RoleAgent)
	f.Join(t, only, f.Sales)
	sales := f.Channel
	sales.ID, sales.Key, sales.Queue = domain.NewID[domain.ChannelID](), f.Channel.Key+"-sales", f.Sales
	f.AddChannel(t, sales)
	in := f.Inbound(phone(999), "buy")
	in.Channel = sales
	got, err := s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	available(t, s, only)
	require.Equal(t, only.User, chatView(t, s, f, got.Chat).Owner.ID)
	available(t, s, f.Agents[1])
	require.Equal(t, storetest.AgentCap, storetest.Value[int](t, f, `select count(*) from chats where owner_id = $1`, f.Agents[1].User))
}

func TestClosingIsACompareAndSet(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	owner := f.Agents[0]
	chat := chatOwnedBy(t, s, f, owner, phone(1))
	got, err := s.CloseChat(t.Context(), disposed(f, chat, 1))
	require.NoError(t, err)
	require.True(t, got.Newer)
	require.False(t, got.Closed)
	require.EqualValues(t, 2, got.LastSeq)
	require.Equal(t, domain.PhaseActive, chatView(t, s, f, chat).Phase)

	r := disposed(f, chat, 2)
	r.Actor, r.Note = owner.User, "all fine"
	first, err := s.CloseChat(t.Context(), r)
	require.NoError(t, err)
	require.True(t, first.Closed)
	require.Equal(t, owner.User, first.Agent)
	v := chatView(t, s, f, chat)
	require.Equal(t, domain.PhaseClosed, v.Phase)
	require.Equal(t, domain.OutcomeDisposed, v.Outcome)
	require.Equal(t, "Resolved", v.Disposition.Name)
	require.Equal(t, "all fine", v.Note)
	require.Zero(t, v.Unread)
	again, err := s.CloseChat(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from assignments where ended_at is not null and end_reason = 'disposed'`))
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from events where type = 'chat.closed' and audience = $1`, "user:"+string(owner.User)))

	reopened := chatInLine(t, s, f, phone(1))
	require.NotEqual(t, chat, reopened, "the next message opens another chat")
}

func TestClosingChecksWhoAndWhat(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	other := storetest.Account(t, s)
	chat := chatOwnedBy(t, s, f, f.Agents[0], phone(1))
	r := disposed(f, chat, 2)
	for name, bad := range map[string]func(*domain.CloseRequest){
		"foreign disposition": func(r *domain.CloseRequest) { r.Disposition = other.Disposition },
		"no disposition":      func(r *domain.CloseRequest) { r.Disposition = "" },
		"not a disposition":   func(r *domain.CloseRequest) { r.Disposition = "x" },
	} {
		broken := r
		bad(&broken)
		_, err := s.CloseChat(t.Context(), broken)
		var refused *domain.Error
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, domain.CodeInvalid, refused.Code, name)
		require.Equal(t, "disposition_id", refused.Field, name)
	}
	theirs := r
	theirs.Actor = f.Agents[1].User
	_, err := s.CloseChat(t.Context(), theirs)
	requireReason(t, err, domain.CodeConflict, "not_owner")
	foreign := r
	foreign.Account, foreign.Disposition = other.Account, other.Disposition
	_, err = s.CloseChat(t.Context(), foreign)
	requireReason(t, err, domain.CodeNotFound, "unknown_chat")
	require.Equal(t, domain.PhaseActive, chatView(t, s, f, chat).Phase)
	theirs.Actor = f.Supervisor.User
	got, err := s.CloseChat(t.Context(), theirs)
	require.NoError(t, err)
	require.True(t, got.Closed)
}

func TestTwoTakersGetOneOwner(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatInLine(t, s, f, phone(1))
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range 2 {
		wg.Go(func() {
			_, errs[i] = s.SetStatus(t.Context(), f.Agents[i], f.Agents[i].User, domain.StatusChange{Status: domain.Available})
		})
	}
	wg.Wait()
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from assignments where ended_at is null`))
	owner := chatView(t, s, f, chat).Owner
	for _, a := range f.Agents[:2] {
		_, _, err := s.PostMessage(t.Context(), a, chat, domain.NewMessage{ClientID: uuid.NewString(), Text: "me"})
		if a.User == owner.ID {
			require.NoError(t, err)
		} else {
			require.Error(t, err)
		}
	}
}

func TestLoadChatGivesWhatARestartedWorkflowNeeds(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatOwnedBy(t, s, f, f.Agents[0], phone(1))
	unsent := reply(t, s, f.Agents[0], chat, "not sent yet")
	sent := reply(t, s, f.Agents[0], chat, "sent")
	require.NoError(t, s.SendAccepted(t.Context(), f.Account, sent.ID, domain.Accepted{ProviderID: "SM1", Status: domain.StatusSent}))
	state, err := s.LoadChat(t.Context(), f.Account, chat)
	require.NoError(t, err)
	require.Equal(t, domain.PhaseActive, state.Phase)
	require.Equal(t, f.Agents[0].User, state.Owner)
	require.EqualValues(t, 4, state.LastSeq)
	require.Len(t, state.Unsent, 1)
	require.Equal(t, string(unsent.ID), state.Unsent[0].ID)
	require.Equal(t, &domain.SendHint{Provider: domain.ProviderTwilio, ChannelType: domain.ChannelSMS}, state.Unsent[0].Send)
	require.WithinDuration(t, time.Now(), state.QueuedAt, time.Minute)
	_, err = s.LoadChat(t.Context(), f.Account, domain.ChatID(uuid.NewString()))
	requireReason(t, err, domain.CodeNotFound, "unknown_chat")
	open, err := s.OpenChats(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, chat, open[0].Chat)

	closed, err := s.CloseChat(t.Context(), domain.CloseRequest{
		Account: f.Account, Chat: chat, ExpectSeq: state.LastSeq, Outcome: domain.OutcomeDisposed,
		Actor: f.Agents[0].User, Disposition: f.Disposition,
	})
	require.NoError(t, err)
	require.True(t, closed.Closed)
	open, err = s.OpenChats(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, open, 1, "a closed chat whose last message no provider has taken still needs its workflow")
	require.NoError(t, s.SendAccepted(t.Context(), f.Account, unsent.ID, domain.Accepted{ProviderID: "SM2", Status: domain.StatusSent}))
	open, err = s.OpenChats(t.Context(), "", 10)
	require.NoError(t, err)
	require.Empty(t, open)
}
