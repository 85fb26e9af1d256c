package store_test

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

// owned gives an active chat of an agent who stays available; nobody else is.
func (g stage) owned(a domain.Actor, from string) domain.ChatID {
	g.Helper()
	chat := g.arrives(g.f.Channel, from)
	available(g.T, g.s, a)
	g.asks(chat)
	require.Equal(g, a.User, g.owner(chat))
	return chat
}

func (g stage) audits(action string) int {
	g.Helper()
	return storetest.Value[int](g, g.f, `select count(*)::int from audit where action = $1`, action)
}

// eventsTo counts the events of a type about a chat for a user.
func (g stage) eventsTo(a domain.Actor, typ domain.EventType, chat domain.ChatID) int {
	g.Helper()
	return storetest.Value[int](g, g.f, `select count(*)::int from events where audience = $1 and type = $2 and chat_id = $3`,
		"user:"+string(a.User), typ, chat)
}

func TestABlindTransferFreesTheFirstAgentAtOnce(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada, ben, chloe := g.f.Agents[0], g.f.Agents[1], g.f.Agents[2]
	chat := g.owned(ada, phone(1))
	available(t, g.s, ben)
	require.Equal(t, 1, storetest.Value[int](t, g.f, `select count(*)::int from assignments where user_id = $1 and ended_at is null`, ada.User))

	_, err := g.s.TransferChat(t.Context(), chloe, chat, domain.Transfer{User: ben.User})
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err), "who may not read a chat learns nothing of it")
	view, err := g.s.TransferChat(t.Context(), ada, chat, domain.Transfer{User: ben.User, Note: "asks about invoice 7"})
	require.NoError(t, err)
	require.Equal(t, ben.User, view.Owner.ID)
	require.Equal(t, 0, storetest.Value[int](t, g.f, `select count(*)::int from assignments where user_id = $1 and ended_at is null`, ada.User))
	require.Contains(t, g.said(chat, domain.KindEvent), "Agent 1 transferred the chat to Agent 2: asks about invoice 7.")
	require.Contains(t, g.f.Story(t, chat), domain.StoryTransferred)
	require.Equal(t, domain.FactAgentAssigned, g.facts(chat)[len(g.facts(chat))-1])
	require.Equal(t, 1, g.eventsTo(ben, domain.EventChatAssigned, chat))
	require.NotZero(t, g.eventsTo(ada, domain.EventChatUpdated, chat), "it leaves the first agent's list")
	require.Zero(t, g.audits("chat.transferred"), "an agent's own business")

	seq := g.view(chat).LastSeq
	view, err = g.s.TransferChat(t.Context(), ada, chat, domain.Transfer{User: ben.User})
	require.NoError(t, err, "a repeat finds the chat where it should be")
	require.Equal(t, seq, view.LastSeq)
	_, err = g.s.TransferChat(t.Context(), ada, chat, domain.Transfer{User: chloe.User})
	requireReason(t, err, domain.CodeConflict, "not_owner")
	require.ErrorContains(t, err, "Agent 2")
	_, _, err = g.s.PostMessage(t.Context(), ada, chat, domain.NewMessage{ClientID: "late", Text: "one more thing"})
	requireReason(t, err, domain.CodeConflict, "not_owner")
}

func TestATransferThatAsksKeepsTheChatWithItsOwnerUntilItIsAccepted(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada, ben, chloe := g.f.Agents[0], g.f.Agents[1], g.f.Agents[2]
	chat := g.owned(ada, phone(1))
	available(t, g.s, ben)
	available(t, g.s, chloe)
	ask := domain.Transfer{User: ben.User, Ask: true, Note: "knows the product"}
	view, err := g.s.TransferChat(t.Context(), ada, chat, ask)
	require.NoError(t, err)
	require.Equal(t, ada.User, view.Owner.ID)
	require.Equal(t, ben.User, view.Offer.Agent.ID)
	require.Equal(t, ada.User, view.Offer.From.ID)
	require.Equal(t, "knows the product", view.Offer.Note)
	require.WithinDuration(t, g.clock.Now().Add(seconds(30)), view.Offer.ExpiresAt, seconds(2))
	require.Equal(t, routing.ClockOffer, view.Clocks[0].Kind)
	require.Equal(t, 1, g.eventsTo(ben, domain.EventChatOffered, chat))
	mine, err := g.s.Chats(t.Context(), ben, domain.ChatFilter{View: domain.ViewMine})
	require.NoError(t, err)
	require.Len(t, mine.Items, 1, "a reload shows the offer")
	again, err := g.s.TransferChat(t.Context(), ada, chat, ask)
	require.NoError(t, err)
	require.Equal(t, view.Offer.ID, again.Offer.ID)
	_, err = g.s.AcceptOffer(t.Context(), chloe, chat)
	require.Error(t, err)

	// Nobody answers: it stays where it is. Then Chloe is asked, and takes it.
	g.passes(chat, routing.ClockOffer)
	require.Equal(t, ada.User, g.owner(chat))
	require.Contains(t, g.f.Story(t, chat), domain.StoryReturned)
	_, err = g.s.TransferChat(t.Context(), ada, chat, domain.Transfer{User: chloe.User, Ask: true})
	require.NoError(t, err)
	_, err = g.s.TransferChat(t.Context(), ada, chat, domain.Transfer{User: ben.User, Ask: true})
	require.NoError(t, err, "the owner may ask somebody else instead")
	_, err = g.s.AcceptOffer(t.Context(), chloe, chat)
	require.Error(t, err)
	view, err = g.s.AcceptOffer(t.Context(), ben, chat)
	require.NoError(t, err)
	require.Equal(t, ben.User, view.Owner.ID)
	require.Nil(t, view.Offer)
	g.facts(chat)
}

func TestNobodyGetsATransferWhileTheyAreNotFreeUnlessASupervisorForcesIt(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada, ben := g.f.Agents[0], g.f.Agents[1]
	chat := g.owned(ada, phone(1))
	for name, leave := range map[string]func(*testing.T){
		"is offline":    func(t *testing.T) { offline(t, g.s, ben) },
		"is on a break": func(t *testing.T) { onBreak(t, g.s, ben) },
	} {
		leave(t)
		_, err := g.s.TransferChat(t.Context(), ada, chat, domain.Transfer{User: ben.User})
		requireReason(t, err, domain.CodeConflict, "agent_not_free")
		require.ErrorContains(t, err, name)
		require.ErrorContains(t, err, "Agent 2")
	}
	_, err := g.s.TransferChat(t.Context(), ada, chat, domain.Transfer{User: ben.User, Force: true})
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))
	for field, tr := range map[string]domain.Transfer{
		"user_id":  {User: g.f.Operator.User},
		"queue_id": {Queue: domain.NewID[domain.QueueID]()},
		"mode":     {Queue: g.f.Sales, Ask: true},
	} {
		_, err := g.s.TransferChat(t.Context(), ada, chat, tr)
		require.Equal(t, domain.CodeInvalid, domain.CodeOf(err), field)
	}
	_, err = g.s.TransferChat(t.Context(), g.f.Supervisor, chat, domain.Transfer{User: ben.User})
	requireReason(t, err, domain.CodeConflict, "agent_not_free")
	view, err := g.s.TransferChat(t.Context(), g.f.Supervisor, chat, domain.Transfer{User: ben.User, Force: true})
	require.NoError(t, err)
	require.Equal(t, ben.User, view.Owner.ID)
	require.Equal(t, 1, g.audits("chat.transferred"))
	require.Contains(t, g.said(chat, domain.KindEvent), "Sam Supervisor, for Agent 1, transferred the chat to Agent 2.")
}

func TestATransferToAQueueStandsInItsLineByArrival(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada, ben := g.f.Agents[0], g.f.Agents[1]
	chat := g.owned(ben, phone(1))
	arrived := g.view(chat).QueuedAt
	view, err := g.s.TransferChat(t.Context(), ben, chat, domain.Transfer{Queue: g.f.Sales})
	require.NoError(t, err)
	require.Equal(t, domain.PhaseQueued, view.Phase)
	require.Equal(t, "Sales", view.Queue.Name)
	require.Equal(t, 1, view.Position)
	require.True(t, arrived.Equal(view.QueuedAt))
	require.Equal(t, domain.FactChatRequeued, g.facts(chat)[len(g.facts(chat))-1])
	again, err := g.s.TransferChat(t.Context(), ben, chat, domain.Transfer{Queue: g.f.Sales})
	require.NoError(t, err)
	require.Equal(t, view.LastSeq, again.LastSeq)

	_, err = g.s.TransferChat(t.Context(), g.f.Supervisor, chat, domain.Transfer{Queue: g.f.Queue})
	require.NoError(t, err, "a supervisor moves chats in line, too")
	require.Equal(t, ben.User, g.owner(chat), "and who is free there has it at once")
	available(t, g.s, ada)
	_, err = g.s.TransferChat(t.Context(), ben, chat, domain.Transfer{Queue: g.f.Sales})
	require.NoError(t, err)
	require.Equal(t, ada.User, g.owner(chat))
}

func TestARequeuedChatIsFirstInLineAndItsAgentLast(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada, ben := g.f.Agents[0], g.f.Agents[1]
	chat := g.owned(ada, phone(1))
	offline(t, g.s, ada)
	older := g.arrives(g.f.Channel, phone(2))
	g.f.SetRules(t, func(s *routing.Settings) { s.Caps.PerAgent = 1 })
	view, err := g.s.RequeueChat(t.Context(), ada, chat, "she asked for somebody else")
	require.NoError(t, err)
	require.Equal(t, 1, view.Position, "before who came meanwhile")
	again, err := g.s.RequeueChat(t.Context(), ada, chat, "")
	require.NoError(t, err)
	require.Equal(t, view.LastSeq, again.LastSeq)
	available(t, g.s, ada)
	require.Equal(t, ada.User, g.owner(chat), "last in turn, but the only one there")
	_, err = g.s.RequeueChat(t.Context(), g.f.Supervisor, chat, "")
	require.NoError(t, err)
	require.Equal(t, 1, g.audits("chat.requeued"))
	available(t, g.s, ben)
	require.ElementsMatch(t, []domain.UserID{ada.User, ben.User}, []domain.UserID{g.owner(chat), g.owner(older)})
	g.facts(chat)
}

func TestASupervisorTakesAChatAndASecondOneIsTold(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	second := g.f.AddUser(t, "Sue Supervisor", domain.RoleSupervisor)
	chat := g.owned(g.f.Agents[0], phone(1))
	_, err := g.s.TakeChat(t.Context(), g.f.Agents[1], chat)
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))

	takers := []domain.Actor{g.f.Supervisor, second}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range takers {
		wg.Go(func() { _, errs[i] = g.s.TakeChat(t.Context(), takers[i], chat) })
	}
	wg.Wait()
	won := 0
	if errs[0] != nil {
		won = 1
	}
	require.NoError(t, errs[won])
	requireReason(t, errs[1-won], domain.CodeConflict, "already_taken")
	require.ErrorContains(t, errs[1-won], takers[won].Name)
	require.Equal(t, takers[won].User, g.owner(chat))
	require.Equal(t, 1, g.audits("chat.taken"))
	require.Contains(t, g.said(chat, domain.KindEvent), takers[won].Name+" took the chat over from Agent 1.")
	_, err = g.s.TakeChat(t.Context(), takers[won], chat)
	require.NoError(t, err)

	offline(t, g.s, g.f.Agents[0])
	waiting := g.arrives(g.f.Channel, phone(2))
	view, err := g.s.TakeChat(t.Context(), second, waiting)
	require.NoError(t, err)
	require.Equal(t, second.User, view.Owner.ID)
	require.Zero(t, storetest.Value[int](t, g.f, `select count(*)::int from waiting`))
	g.facts(chat)
	g.facts(waiting)
}

func TestColleaguesJoinVisiblyAndMayWrite(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	sam, ada := g.f.Supervisor, g.f.Agents[0]
	chat := g.owned(ada, phone(1))
	hello := domain.NewMessage{ClientID: "s1", Text: "Hello, Sam here"}
	_, _, err := g.s.PostMessage(t.Context(), sam, chat, hello)
	requireReason(t, err, domain.CodeConflict, "not_owner")
	view, err := g.s.JoinChat(t.Context(), sam, chat)
	require.NoError(t, err)
	require.Equal(t, []domain.UserRef{{ID: sam.User, Name: sam.Name}}, view.Members)
	again, err := g.s.JoinChat(t.Context(), sam, chat)
	require.NoError(t, err)
	require.Equal(t, view.LastSeq, again.LastSeq)
	_, _, err = g.s.PostMessage(t.Context(), sam, chat, hello)
	require.NoError(t, err)
	now := g.view(chat)
	require.Equal(t, 1, now.Unread, "Ada has still to read what the customer wrote")
	require.Nil(t, now.WaitingSince, "but the customer has an answer")
	require.Equal(t, ada.User, now.Owner.ID)
	require.NotZero(t, g.eventsTo(ada, domain.EventChatUpdated, chat))

	view, err = g.s.LeaveChat(t.Context(), sam, chat)
	require.NoError(t, err)
	require.Empty(t, view.Members)
	_, err = g.s.LeaveChat(t.Context(), sam, chat)
	require.NoError(t, err)
	_, _, err = g.s.PostMessage(t.Context(), sam, chat, domain.NewMessage{ClientID: "s2", Text: "still here?"})
	requireReason(t, err, domain.CodeConflict, "not_owner")
	require.Equal(t, []string{"Sam Supervisor joined the chat.", "Sam Supervisor left the chat."}, g.said(chat, domain.KindEvent))
	require.Equal(t, 1, g.audits("chat.joined"))
	require.Equal(t, 1, g.audits("chat.left"))
	g.facts(chat)

	offline(t, g.s, ada)
	_, err = g.s.JoinChat(t.Context(), sam, g.arrives(g.f.Channel, phone(2)))
	requireReason(t, err, domain.CodeConflict, "not_owner")
}

func TestNoCommandReachesAnotherAccountsChatNorAClosedOne(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	theirs := storetest.Account(t, g.s)
	chat := g.owned(g.f.Agents[0], phone(1))
	ctx := t.Context()
	commands := map[string]func(domain.Actor, domain.ChatID) error{
		"transfer": func(a domain.Actor, c domain.ChatID) error {
			_, err := g.s.TransferChat(ctx, a, c, domain.Transfer{User: theirs.Agents[0].User, Force: true})
			return err
		},
		"requeue": func(a domain.Actor, c domain.ChatID) error { _, err := g.s.RequeueChat(ctx, a, c, ""); return err },
		"take":    func(a domain.Actor, c domain.ChatID) error { _, err := g.s.TakeChat(ctx, a, c); return err },
		"join":    func(a domain.Actor, c domain.ChatID) error { _, err := g.s.JoinChat(ctx, a, c); return err },
		"hold":    func(a domain.Actor, c domain.ChatID) error { _, err := g.s.HoldChat(ctx, a, c, 0); return err },
		"resume":  func(a domain.Actor, c domain.ChatID) error { _, err := g.s.ResumeChat(ctx, a, c); return err },
		"accept":  func(a domain.Actor, c domain.ChatID) error { _, err := g.s.AcceptOffer(ctx, a, c); return err },
	}
	for name, run := range commands {
		require.Equal(t, domain.CodeNotFound, domain.CodeOf(run(theirs.Supervisor, chat)), name)
		require.Equal(t, domain.CodeNotFound, domain.CodeOf(run(g.f.Supervisor, "no-id")), name)
		require.Equal(t, domain.CodeForbidden, domain.CodeOf(run(g.f.Operator, chat)), name)
	}
	_, err := g.s.ChooseDisposition(ctx, theirs.Supervisor, chat, g.f.Disposition, "")
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
	_, err = g.s.TransferChat(ctx, g.f.Agents[0], chat, domain.Transfer{User: theirs.Agents[0].User})
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(err), "another account's agent is nobody here")
	_, err = g.s.TransferChat(ctx, g.f.Agents[0], chat, domain.Transfer{Queue: theirs.Queue})
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(err))

	closeChat(t, g.s, g.f, chat)
	for name, run := range commands {
		if name != "accept" {
			requireReason(t, run(g.f.Supervisor, chat), domain.CodeConflict, "chat_closed")
		}
	}
}

func TestAChatWhoseCustomerHasLeftGoesNowhere(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	v, chat, _ := visitorIn(t, g.s, g.f)
	ada := g.f.Agents[0]
	available(t, g.s, ada)
	require.Equal(t, ada.User, g.owner(chat))
	require.NoError(t, g.s.EndChat(t.Context(), g.f.Webchat, v.Identity))
	_, err := g.s.TransferChat(t.Context(), ada, chat, domain.Transfer{Queue: g.f.Sales})
	requireReason(t, err, domain.CodeConflict, "customer_left")
	_, err = g.s.RequeueChat(t.Context(), ada, chat, "")
	requireReason(t, err, domain.CodeConflict, "customer_left")
	_, err = g.s.HoldChat(t.Context(), ada, chat, 60)
	requireReason(t, err, domain.CodeConflict, "customer_left")
}

func TestAcceptingAndAskingSomebodyElseMeet(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada, ben, chloe := g.f.Agents[0], g.f.Agents[1], g.f.Agents[2]
	for n := range 10 {
		offline(t, g.s, ben)
		offline(t, g.s, chloe)
		chat := g.owned(ada, phone(n))
		available(t, g.s, ben)
		available(t, g.s, chloe)
		_, err := g.s.TransferChat(t.Context(), ada, chat, domain.Transfer{User: ben.User, Ask: true})
		require.NoError(t, err)
		var accepted, moved error
		var wg sync.WaitGroup
		wg.Go(func() { _, accepted = g.s.AcceptOffer(t.Context(), ben, chat) })
		wg.Go(func() { _, moved = g.s.TransferChat(t.Context(), ada, chat, domain.Transfer{User: chloe.User}) })
		wg.Wait()
		if accepted == nil {
			requireReason(t, moved, domain.CodeConflict, "not_owner")
			require.Equal(t, ben.User, g.owner(chat))
		} else {
			require.NoError(t, moved)
			requireReason(t, accepted, domain.CodeConflict, "already_taken")
			require.Equal(t, chloe.User, g.owner(chat))
		}
		require.Equal(t, 1, storetest.Value[int](t, g.f, `select count(*)::int from assignments where chat_id = $1 and ended_at is null`, chat))
		require.Zero(t, storetest.Value[int](t, g.f, `select count(*)::int from offers where ended_at is null`))
		g.facts(chat)
		closeChat(t, g.s, g.f, chat)
	}
}

func TestACustomerWhoLeavesFreesTheSlotBySetting(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada := g.f.Agents[0]
	g.f.SetRules(t, func(s *routing.Settings) { s.Caps.PerAgent, s.LeftHoldsSlot = 1, false })
	v, chat, _ := visitorIn(t, g.s, g.f)
	available(t, g.s, ada)
	next := g.arrives(g.f.Channel, phone(1))
	require.Empty(t, g.asks(next).Agent)
	require.NoError(t, g.s.EndChat(t.Context(), g.f.Webchat, v.Identity))
	require.Equal(t, ada.User, g.owner(next))
	require.Equal(t, domain.PhaseCustomerLeft, g.view(chat).Phase)
	require.Equal(t, domain.Slots{Used: 1, Cap: 1, Full: "account cap"}, g.me(ada).Slots)
}

func TestWhoGetsAChatTheyHadJoinedIsItsOwnerOnly(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada, sam := g.f.Agents[0], g.f.Supervisor
	chat := g.owned(ada, phone(1))
	_, err := g.s.JoinChat(t.Context(), sam, chat)
	require.NoError(t, err)
	mine, err := g.s.Chats(t.Context(), sam, domain.ChatFilter{View: domain.ViewMine})
	require.NoError(t, err)
	require.Len(t, mine.Items, 1)
	view, err := g.s.TakeChat(t.Context(), sam, chat)
	require.NoError(t, err)
	require.Equal(t, sam.User, view.Owner.ID)
	require.Empty(t, view.Members)
	require.Zero(t, storetest.Value[int](t, g.f, `select count(*)::int from chat_members`))

	// The same when the line brings it to them.
	other := g.owned(ada, phone(2))
	_, err = g.s.JoinChat(t.Context(), sam, other)
	require.NoError(t, err)
	g.sets(ada, ada, domain.StatusChange{Status: domain.Offline, HandOver: true})
	require.Equal(t, []domain.UserRef{{ID: sam.User, Name: sam.Name}}, g.view(other).Members)
	g.f.Join(t, sam, g.f.Queue)
	available(t, g.s, sam)
	require.Equal(t, sam.User, g.owner(other))
	require.Empty(t, g.view(other).Members)
}

func TestScreensSeeTheNextCountdownWhenAClockHasActed(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) {
		p.Fallback = []routing.Step{
			{AfterSeconds: 60, Action: routing.ActionText, Text: "One moment"},
			{AfterSeconds: 120, Action: routing.ActionWiden, Queues: []domain.QueueID{g.f.Sales}},
			{AfterSeconds: 180, Action: routing.ActionClose, Text: "Sorry"},
		}
	})
	chat := g.arrives(g.f.Channel, phone(1))
	shown := func() []domain.DeadlineKind {
		raw := storetest.Value[[]byte](t, g.f, `select data from events where chat_id = $1 and type = 'chat.updated' and audience = $2
			order by id desc limit 1`, chat, "queue:"+string(g.f.Queue))
		var data domain.ChatEventData
		require.NoError(t, json.Unmarshal(raw, &data))
		require.Equal(t, g.view(chat).Clocks, data.Chat.Clocks)
		return kindsOf(data.Chat.Clocks)
	}
	g.passes(chat, routing.ClockStep)
	require.Len(t, shown(), 1)
	_, err := g.s.NextStep(t.Context(), g.f.Supervisor, chat)
	require.NoError(t, err)
	require.Len(t, shown(), 1)
	require.Equal(t, 1, g.audits("chat.next_step"))
	require.NotZero(t, storetest.Value[int](t, g.f, `select count(*)::int from events where chat_id = $1 and audience = $2`,
		chat, "queue:"+string(g.f.Sales)), "who may take it now sees it, too")
}
