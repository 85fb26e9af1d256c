package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

func TestAChainWidensMovesTellsAndPromisesACallback(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	version := g.policy(func(p *routing.Policy) {
		p.Fallback = []routing.Step{
			{AfterSeconds: 60, Action: routing.ActionWiden, Queues: []domain.QueueID{g.f.Sales}},
			{AfterSeconds: 120, Action: routing.ActionText, Text: "Please be patient."},
			{AfterSeconds: 180, Action: routing.ActionNotify, Users: []domain.UserID{g.f.Supervisor.User}, URL: "https://example.test/hook"},
			{AfterSeconds: 240, Action: routing.ActionCallback, Text: "We call you back.", CallbackMinutes: 90},
		}
	})
	g.f.SetRules(t, func(s *routing.Settings) { s.Zone = "Europe/Berlin" })
	chat := g.arrives(g.f.Channel, phone(1))
	require.Equal(t, 1, g.asks(chat).Position)
	st, _ := g.standing(chat)
	require.Equal(t, version, st.PolicyVersion)
	require.Equal(t, map[domain.QueueID]string{g.f.Sales: "Sales"}, st.QueueNames)

	fired := g.passes(chat, routing.ClockStep)
	require.Equal(t, 1, fired.Standing.Steps)
	g.passes(chat, routing.ClockStep)
	require.Equal(t, []string{"Please be patient."}, g.said(chat, domain.KindText))

	fired = g.passes(chat, routing.ClockStep)
	require.Len(t, fired.Effects, 1)
	require.Equal(t, routing.EffectPost, fired.Effects[0].Kind)
	require.Equal(t, "https://example.test/hook", fired.Effects[0].URL)
	require.NotContains(t, string(fired.Effects[0].Body), phone(1))
	var body map[string]any
	require.NoError(t, json.Unmarshal(fired.Effects[0].Body, &body))
	require.EqualValues(t, chat, body["chat"])
	require.Equal(t, 1, storetest.Value[int](t, g.f, `select count(*) from events where type = 'notice' and audience = $1 and chat_id = $2`,
		"user:"+string(g.f.Supervisor.User), chat))

	before := g.clock.Now()
	fired = g.passes(chat, routing.ClockStep)
	require.Equal(t, domain.PhaseClosed, fired.Standing.Phase)
	v := g.view(chat)
	require.Equal(t, domain.OutcomeCallback, v.Outcome)
	due := storetest.Value[time.Time](t, g.f, `select due_at from follow_ups where chat_id = $1 and zone = 'Europe/Berlin' and done_at is null`, chat)
	require.WithinDuration(t, before.Add(90*time.Minute), due, 5*time.Minute)
	require.Equal(t, []domain.FactKind{
		domain.FactCustomerMessage, domain.FactRoutingChanged, domain.FactRoutingChanged, domain.FactSystemMessage,
		domain.FactRoutingChanged, domain.FactSystemMessage, domain.FactChatClosed,
	}, g.facts(chat), "the farewell comes before the end")
	require.Equal(t, []domain.StoryKind{
		domain.StoryArrived, domain.StoryWidened, domain.StoryTold, domain.StoryNotified, domain.StoryCallback,
	}, g.f.Story(t, chat))
	told, err := g.s.Routing(t.Context(), g.f.Supervisor, chat)
	require.NoError(t, err)
	require.Equal(t, "Nobody was free within 1 minute: agents of Sales may take the chat too.", told.Story[1].Text)
	require.Len(t, told.Story[1].Considered, 3)
	require.Contains(t, told.Story[1].Considered[0].Verdict, "offline")
	state, err := g.s.LoadChat(t.Context(), g.f.Account, chat)
	require.NoError(t, err)
	require.Len(t, state.Unsent, 2)
	require.Equal(t, domain.FactSystemMessage, state.Unsent[0].Kind)
	require.NotNil(t, state.Unsent[0].Send)
	out, proceed, err := g.s.BeginSend(t.Context(), g.f.Account, domain.MessageID(state.Unsent[0].ID))
	require.NoError(t, err)
	require.True(t, proceed)
	require.Equal(t, "Please be patient.", out.Text)
	require.NoError(t, g.s.SendAccepted(t.Context(), g.f.Account, domain.MessageID(state.Unsent[0].ID), domain.Accepted{ProviderID: "SM1"}))
}

func TestAWidenedChatGoesToTheOtherQueuesAgentInItsPlace(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) {
		p.Fallback = []routing.Step{{AfterSeconds: 30, Action: routing.ActionWiden, Queues: []domain.QueueID{g.f.Sales}}}
	})
	seller := g.f.AddUser(t, "Sue Seller", domain.RoleAgent)
	g.f.Join(t, seller, g.f.Sales)
	available(t, g.s, seller)
	chat := g.arrives(g.f.Channel, phone(1))
	require.Empty(t, g.asks(chat).Agent)
	g.passes(chat, routing.ClockStep)
	require.Equal(t, seller.User, g.owner(chat))
	require.Equal(t, "Support", g.view(chat).Queue.Name, "the queue stays the chat's own")
	require.Equal(t, []domain.StoryKind{domain.StoryArrived, domain.StoryWidened, domain.StoryAssigned}, g.f.Story(t, chat))
	require.Equal(t, 1, storetest.Value[int](t, g.f, `select count(*) from events where type = 'chat.queued' and audience = $1 and chat_id = $2`,
		"queue:"+string(g.f.Sales), chat))
}

func TestAMovedChatKeepsItsArrivalAndLivesUnderTheNewQueuesRules(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) {
		p.Fallback = []routing.Step{{AfterSeconds: 60, Action: routing.ActionMove, Queue: g.f.Sales}}
	})
	sales := routing.DefaultPolicy()
	sales.Fallback = []routing.Step{{AfterSeconds: 45, Action: routing.ActionClose, Text: "Sorry."}}
	g.f.SetPolicy(t, g.f.Sales, sales)
	version := g.f.SetPolicy(t, g.f.Sales, sales)
	chat := g.arrives(g.f.Channel, phone(1))
	was, _ := g.standing(chat)
	fired := g.passes(chat, routing.ClockStep)
	require.Equal(t, g.f.Sales, fired.Standing.Queue)
	require.Equal(t, version, fired.Standing.PolicyVersion)
	require.Zero(t, fired.Standing.Steps)
	require.True(t, was.QueuedAt.Equal(fired.Standing.QueuedAt))
	require.True(t, fired.Standing.JoinedAt.After(was.JoinedAt))
	for audience, typ := range map[domain.QueueID]string{g.f.Queue: "chat.updated", g.f.Sales: "chat.queued"} {
		require.Equal(t, 1, storetest.Value[int](t, g.f, `select count(*) from events where type = $1 and audience = $2 and chat_id = $3
			and data->'chat'->'queue'->>'name' = 'Sales'`, typ, "queue:"+string(audience), chat), typ)
	}
	g.passes(chat, routing.ClockStep)
	require.Equal(t, domain.OutcomeTimedOut, g.view(chat).Outcome)
	require.Equal(t, []string{"Sorry."}, g.said(chat, domain.KindText))
}

func TestEditingAChainLeavesChatsInLineUnderTheOldOne(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) { p.MaxWaitSeconds, p.TimedOutText = 300, "Nobody is free." })
	old := g.arrives(g.f.Channel, phone(1))
	g.policy(func(p *routing.Policy) { p.MaxWaitSeconds = 10 })
	fresh := g.arrives(g.f.Channel, phone(2))
	g.passes(fresh, routing.ClockMaxWait)
	require.Equal(t, domain.PhaseQueued, g.view(old).Phase)
	g.passes(old, routing.ClockMaxWait)
	require.Equal(t, domain.OutcomeTimedOut, g.view(old).Outcome)
	require.Equal(t, []string{"Nobody is free."}, g.said(old, domain.KindText))
	require.Equal(t, []domain.StoryKind{domain.StoryArrived, domain.StoryTimedOut}, g.f.Story(t, old))
	require.Zero(t, storetest.Value[int](t, g.f, `select count(*) from waiting`))
}

func TestAFullQueueTurnsToItsOverflowAtOnce(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) {
		p.MaxWaiting = 1
		p.Overflow = routing.Step{Action: routing.ActionClose, Text: "We are full."}
	})
	first := g.arrives(g.f.Channel, phone(1))
	second := g.arrives(g.f.Channel, phone(2))
	require.Equal(t, "Support is full.", g.asks(second).Why)
	available(t, g.s, g.f.Agents[0])
	require.Equal(t, g.f.Agents[0].User, g.owner(first))
	require.Empty(t, g.owner(second), "a chat that is turned away isn't handed out meanwhile")
	r := g.fireRequest(second)
	require.Equal(t, routing.ClockOverflow, r.Clock.Kind)
	fired, err := g.s.FireClock(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, g.f.Agents[0].User, fired.Standing.Owner, "there is room again: it joins the line")

	offline(t, g.s, g.f.Agents[0])
	g.arrives(g.f.Channel, phone(3))
	turnedAway := g.arrives(g.f.Channel, phone(4))
	g.passes(turnedAway, routing.ClockOverflow)
	require.Equal(t, domain.OutcomeOverflow, g.view(turnedAway).Outcome)
	require.Equal(t, []string{"We are full."}, g.said(turnedAway, domain.KindText))
	require.Equal(t, []domain.StoryKind{domain.StoryArrived, domain.StoryClosed}, g.f.Story(t, turnedAway))
}

func TestAClosedQueueDoesWhatItsHoursSay(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) {
		p.Hours = &routing.Hours{Zone: "UTC", Closed: routing.Step{Action: routing.ActionClose, Text: "We open tomorrow."}}
	})
	available(t, g.s, g.f.Agents[0])
	chat := g.arrives(g.f.Channel, phone(1))
	require.Equal(t, "Support is closed.", g.asks(chat).Why)
	g.passes(chat, routing.ClockClosed)
	require.Equal(t, domain.OutcomeOffline, g.view(chat).Outcome)

	g.policy(func(p *routing.Policy) { p.Hours = &routing.Hours{Zone: "UTC"} })
	chat = g.arrives(g.f.Channel, phone(2))
	require.Equal(t, g.f.Agents[0].User, g.asks(chat).Agent, "without a step a closed queue serves whoever is there")
}

func TestACustomerInLineLearnsTheirPlaceOnce(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) { p.TellPosition = "You are number {position}, {wait} to go." })
	g.arrives(g.f.Channel, phone(1))
	chat := g.arrives(g.f.Channel, phone(2))
	fired := g.passes(chat, routing.ClockTellPlace)
	require.True(t, fired.Standing.Told)
	require.Equal(t, []string{"You are number 2, a while to go."}, g.said(chat, domain.KindText))
	require.Empty(t, routing.Clocks(fired.Standing, nil))

	free := g.arrives(g.f.Channel, phone(3))
	r := g.fireRequest(free)
	for _, a := range g.f.Agents {
		available(t, g.s, a)
	}
	got, err := g.s.FireClock(t.Context(), r)
	require.NoError(t, err)
	require.True(t, got.Newer)
	require.Empty(t, g.said(free, domain.KindText), "who needn't wait isn't told")
}

func TestAClockThatIsNotDueOrNotOfTheChatChangesNothing(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) { p.MaxWaitSeconds = 60 })
	chat := g.arrives(g.f.Channel, phone(1))
	r := g.fireRequest(chat)
	early, err := g.s.FireClock(t.Context(), r)
	require.NoError(t, err)
	require.True(t, early.Newer)
	require.EqualValues(t, 1, early.LastSeq)
	require.Equal(t, domain.PhaseQueued, early.Standing.Phase)
	g.clock.To(r.Clock.At)
	available(t, g.s, g.f.Agents[0])
	late, err := g.s.FireClock(t.Context(), r)
	require.NoError(t, err)
	require.True(t, late.Newer, "somebody was faster than the clock")
	require.Equal(t, g.f.Agents[0].User, late.Standing.Owner)
	r.Chat = domain.ChatID(uuid.NewString())
	_, err = g.s.FireClock(t.Context(), r)
	requireReason(t, err, domain.CodeNotFound, "unknown_chat")
}

func TestASupervisorTakesTheNextStepNow(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) {
		p.Fallback = []routing.Step{
			{AfterSeconds: 600, Action: routing.ActionWiden, Queues: []domain.QueueID{g.f.Sales}},
			{AfterSeconds: 900, Action: routing.ActionNotify, URL: "https://example.test/hook"},
		}
	})
	chat := g.arrives(g.f.Channel, phone(1))
	_, err := g.s.NextStep(t.Context(), g.f.Agents[0], chat)
	requireReason(t, err, domain.CodeForbidden, "forbidden")
	_, err = g.s.NextStep(t.Context(), g.f.Supervisor, chat)
	require.NoError(t, err)
	st, _ := g.standing(chat)
	require.Equal(t, 1, st.Steps)
	_, err = g.s.NextStep(t.Context(), g.f.Supervisor, chat)
	require.NoError(t, err)
	fired := g.passes(chat, routing.ClockStep)
	require.Len(t, fired.Effects, 1, "the engine posts: the step became due")
	_, err = g.s.NextStep(t.Context(), g.f.Supervisor, chat)
	requireReason(t, err, domain.CodeConflict, "no_next_step")
	require.Equal(t, []domain.StoryKind{
		domain.StoryArrived, domain.StoryStepForced, domain.StoryWidened, domain.StoryStepForced, domain.StoryNotified,
	}, g.f.Story(t, chat))
	available(t, g.s, g.f.Agents[0])
	_, err = g.s.NextStep(t.Context(), g.f.Supervisor, chat)
	requireReason(t, err, domain.CodeConflict, "not_waiting")
}
