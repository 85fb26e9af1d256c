package store_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

func (g stage) sets(by, a domain.Actor, c domain.StatusChange) domain.User {
	g.Helper()
	u, err := g.s.SetStatus(g.Context(), by, a.User, c)
	require.NoError(g, err)
	return u
}

func (g stage) me(a domain.Actor) domain.User {
	g.Helper()
	u, _, err := g.s.Me(g.Context(), a)
	require.NoError(g, err)
	return u
}

func (g stage) changes(a domain.Actor) int {
	g.Helper()
	return storetest.Value[int](g, g.f, `select count(*)::int from user_status_changes where user_id = $1`, a.User)
}

func TestABookedBreakBringsNoNewChatsAndBeginsWithTheLastOne(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada := g.f.Agents[0]
	chat := g.owned(ada, phone(1))
	u := g.sets(ada, ada, domain.StatusChange{Status: domain.OnBreak, Reason: "Lunch", AfterChats: true})
	require.Equal(t, domain.Available, u.Status)
	require.Equal(t, domain.OnBreak, u.NextStatus)
	require.Equal(t, "Lunch", u.NextReason)
	waits := g.arrives(g.f.Channel, phone(2))
	require.Empty(t, g.asks(waits).Agent)
	require.Equal(t, 1, g.changes(ada), "nothing has changed yet")

	closeChat(t, g.s, g.f, chat)
	u = g.me(ada)
	require.Equal(t, domain.OnBreak, u.Status)
	require.Equal(t, "Lunch", u.StatusReason)
	require.Empty(t, u.NextStatus)
	require.Equal(t, 2, g.changes(ada))
	require.Equal(t, "break", storetest.Value[string](t, g.f,
		`select data -> 'user' ->> 'status' from events where type = 'agent.status' order by id desc limit 1`))

	g.sets(ada, ada, domain.StatusChange{Status: domain.Available})
	require.Equal(t, ada.User, g.owner(waits))
	g.sets(ada, ada, domain.StatusChange{Status: domain.Offline, AfterChats: true})
	g.sets(ada, ada, domain.StatusChange{Status: domain.Available})
	require.Empty(t, g.me(ada).NextStatus, "being available cancels what was booked")
	closeChat(t, g.s, g.f, waits)
	require.Equal(t, domain.Available, g.me(ada).Status)
	u = g.sets(ada, ada, domain.StatusChange{Status: domain.OnBreak, AfterChats: true})
	require.Equal(t, domain.OnBreak, u.Status, "without chats it begins at once")
}

func TestWhoMayChangeAStatusAndHow(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	theirs := storetest.Account(t, g.s)
	ada, sam := g.f.Agents[0], g.f.Supervisor
	for name, try := range map[string]struct {
		by    domain.Actor
		user  domain.UserID
		c     domain.StatusChange
		code  domain.Code
		field string
	}{
		"a colleague":            {g.f.Agents[1], ada.User, domain.StatusChange{Status: domain.Offline}, domain.CodeForbidden, ""},
		"another account":        {theirs.Supervisor, ada.User, domain.StatusChange{Status: domain.Offline}, domain.CodeNotFound, ""},
		"no such state":          {ada, ada.User, domain.StatusChange{Status: "napping"}, domain.CodeInvalid, "status"},
		"no such reason":         {ada, ada.User, domain.StatusChange{Status: domain.OnBreak, Reason: "Skiing"}, domain.CodeInvalid, "reason"},
		"a long reason":          {sam, ada.User, domain.StatusChange{Status: domain.OnBreak, Reason: strings.Repeat("x", 201)}, domain.CodeInvalid, "reason"},
		"available afterwards":   {ada, ada.User, domain.StatusChange{Status: domain.Available, AfterChats: true}, domain.CodeInvalid, "when"},
		"handing over a break":   {ada, ada.User, domain.StatusChange{Status: domain.OnBreak, HandOver: true}, domain.CodeInvalid, "hand_over"},
		"handing over and after": {ada, ada.User, domain.StatusChange{Status: domain.Offline, HandOver: true, AfterChats: true}, domain.CodeInvalid, "hand_over"},
	} {
		_, err := g.s.SetStatus(t.Context(), try.by, try.user, try.c)
		require.Equal(t, try.code, domain.CodeOf(err), name)
		var refused *domain.Error
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, try.field, refused.Field, name)
	}
	require.Zero(t, g.changes(ada))
	u := g.sets(sam, ada, domain.StatusChange{Status: domain.OnBreak, Reason: "a talk with the team lead"})
	require.Equal(t, domain.OnBreak, u.Status)
	require.Equal(t, 1, g.audits("agent.status"))
	require.Equal(t, sam.User, storetest.Value[domain.UserID](t, g.f, `select actor_id from user_status_changes where user_id = $1`, ada.User))
	g.sets(sam, ada, domain.StatusChange{Status: domain.OnBreak, Reason: "a talk with the team lead"})
	require.Equal(t, 1, g.changes(ada), "the same again is no change")
}

func TestAShiftsEndHandsChatsOverInTheirOrder(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada, ben := g.f.Agents[0], g.f.Agents[1]
	first, second := g.owned(ada, phone(1)), g.owned(ada, phone(2))
	reply(t, g.s, ada, second, "one moment")
	offline(t, g.s, ada)
	newer := g.arrives(g.f.Channel, phone(3))
	require.Equal(t, ada.User, g.owner(first), "going offline keeps the chats")

	g.sets(ada, ada, domain.StatusChange{Status: domain.Available})
	require.Equal(t, ada.User, g.owner(newer))
	u := g.sets(g.f.Supervisor, ada, domain.StatusChange{Status: domain.Offline, HandOver: true})
	require.Zero(t, u.OpenChats)
	for place, chat := range []domain.ChatID{first, second, newer} {
		v, err := g.s.Chat(t.Context(), g.f.Supervisor, chat)
		require.NoError(t, err)
		require.Equal(t, place+1, v.Position, "in the order of their arrival")
		require.Equal(t, []string{"Sam Supervisor ended the shift of Agent 1: the chat is back at the front of Support."}, g.said(chat, domain.KindEvent))
		require.Equal(t, domain.FactAgentGone, g.facts(chat)[len(g.facts(chat))-1])
		require.Contains(t, g.f.Story(t, chat), domain.StoryAgentGone)
	}
	g.f.SetRules(t, func(s *routing.Settings) { s.Caps.PerAgent = 1 })
	available(t, g.s, ben)
	require.Equal(t, ben.User, g.owner(first))
}

func TestADisabledAgentsChatsGoBackToTheLine(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada := g.f.Agents[0]
	chat := g.owned(ada, phone(1))
	v, left, _ := visitorIn(t, g.s, g.f)
	g.asks(left)
	require.Equal(t, ada.User, g.owner(left))
	require.NoError(t, g.s.EndChat(t.Context(), g.f.Webchat, v.Identity))
	yes := true
	u, err := g.s.UpdateUser(t.Context(), g.f.Admin, ada.User, domain.UserPatch{Disabled: &yes})
	require.NoError(t, err)
	require.NotNil(t, u.DisabledAt)
	require.Equal(t, domain.Offline, u.Status)
	require.Equal(t, domain.PhaseQueued, g.view(chat).Phase)
	require.Contains(t, g.said(chat, domain.KindEvent), "Agent 1 is disabled: the chat is back at the front of Support.")
	require.Equal(t, ada.User, g.owner(left), "it only needs a disposition")
	require.Equal(t, 2, g.changes(ada))
	_, err = g.s.SetStatus(t.Context(), g.f.Supervisor, ada.User, domain.StatusChange{Status: domain.Available})
	requireReason(t, err, domain.CodeConflict, "user_disabled")
}

func TestTheBoardShowsWhoIsHowFullAndWhichCapItIs(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada := g.f.Agents[0]
	g.owned(ada, phone(1))
	board := func(by domain.Actor) map[domain.UserID]domain.User {
		agents, err := g.s.Agents(t.Context(), by)
		require.NoError(t, err)
		all := map[domain.UserID]domain.User{}
		for _, a := range agents {
			all[a.ID] = a
		}
		return all
	}
	require.Len(t, board(ada), 4, "agents and the supervisor, for agents too")
	require.Equal(t, domain.Slots{Used: 1, Cap: 5}, board(g.f.Supervisor)[ada.User].Slots)
	_, err := g.s.Agents(t.Context(), g.f.Operator)
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))

	rules := routing.DefaultSettings()
	rules.Caps.PerChannel[domain.ChannelSMS] = 1
	_, _, err = g.s.PutRoutingSettings(t.Context(), g.f.Admin, rules, nil)
	require.NoError(t, err)
	require.Equal(t, "sms cap", board(ada)[ada.User].Slots.Full)
	rules.Caps.PerAgent = 1
	_, _, err = g.s.PutRoutingSettings(t.Context(), g.f.Admin, rules, nil)
	require.NoError(t, err)
	require.Equal(t, domain.Slots{Used: 1, Cap: 1, Full: "account cap"}, board(ada)[ada.User].Slots)
	one := 1
	_, err = g.s.UpdateUser(t.Context(), g.f.Admin, ada.User, domain.UserPatch{MaxChats: &one})
	require.NoError(t, err)
	require.Equal(t, "own cap", board(ada)[ada.User].Slots.Full)

	web := []domain.ChannelType{domain.ChannelWebchat}
	u, err := g.s.UpdateUser(t.Context(), g.f.Admin, ada.User, domain.UserPatch{ChannelTypes: &web})
	require.NoError(t, err)
	require.Equal(t, web, u.ChannelTypes)
	fax := []domain.ChannelType{"fax"}
	_, err = g.s.UpdateUser(t.Context(), g.f.Admin, ada.User, domain.UserPatch{ChannelTypes: &fax})
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(err))
	all := []domain.ChannelType{}
	u, err = g.s.UpdateUser(t.Context(), g.f.Admin, ada.User, domain.UserPatch{ChannelTypes: &all})
	require.NoError(t, err)
	require.Equal(t, all, u.ChannelTypes)
}

func TestAShiftsEndAndDispositionsMeet(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada := g.f.Agents[0]
	for round := range 5 {
		var chats []domain.ChatID
		for n := range storetest.AgentCap {
			chats = append(chats, g.owned(ada, phone(10*round+n)))
		}
		var handedOver error
		ends := make([]error, len(chats))
		var wg sync.WaitGroup
		for i, chat := range chats {
			_, seq := g.standing(chat)
			wg.Go(func() { _, ends[i] = g.s.CloseChat(t.Context(), disposed(g.f, chat, seq)) })
		}
		wg.Go(func() {
			_, handedOver = g.s.SetStatus(t.Context(), ada, ada.User, domain.StatusChange{Status: domain.Offline, HandOver: true})
		})
		wg.Wait()
		require.NoError(t, handedOver)
		for i, chat := range chats {
			require.NoError(t, ends[i])
			require.Contains(t, []domain.Phase{domain.PhaseQueued, domain.PhaseClosed}, g.view(chat).Phase)
			g.facts(chat)
		}
		require.Zero(t, g.me(ada).OpenChats)
		for _, chat := range chats {
			if g.view(chat).Phase.Open() {
				closeChat(t, g.s, g.f, chat)
			}
		}
	}
}
