package store_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

func TestOnlyTheOwnerMaySend(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	owner, other := f.Agents[0], f.Agents[1]
	waiting := chatInLine(t, s, f, phone(1))
	_, _, err := s.PostMessage(t.Context(), owner, waiting, domain.NewMessage{ClientID: "1", Text: "too early"})
	requireReason(t, err, domain.CodeConflict, "not_owner")

	available(t, s, owner)
	offline(t, s, owner)
	for _, a := range []domain.Actor{f.Supervisor, f.Admin} {
		_, _, err = s.PostMessage(t.Context(), a, waiting, domain.NewMessage{ClientID: "2", Text: "mine"})
		requireReason(t, err, domain.CodeConflict, "not_owner")
		require.ErrorContains(t, err, owner.Name)
	}
	_, _, err = s.PostMessage(t.Context(), other, waiting, domain.NewMessage{ClientID: "2", Text: "mine"})
	requireReason(t, err, domain.CodeNotFound, "unknown_chat")
	_, _, err = s.PostMessage(t.Context(), f.Operator, waiting, domain.NewMessage{ClientID: "2", Text: "mine"})
	requireReason(t, err, domain.CodeForbidden, "forbidden")

	require.Equal(t, 1, chatView(t, s, f, waiting).Unread)
	m := reply(t, s, owner, waiting, "Hi, how can I help?")
	require.Equal(t, domain.StatusQueued, m.Status)
	require.Equal(t, owner.Name, m.Author.Name)
	v := chatView(t, s, f, waiting)
	require.Zero(t, v.Unread)
	require.Nil(t, v.WaitingSince)
	require.Equal(t, domain.SideAgent, v.LastMessage.Side)
	require.Equal(t, m.Seq, v.LastSeq)

	closeChat(t, s, f, waiting)
	_, _, err = s.PostMessage(t.Context(), owner, waiting, domain.NewMessage{ClientID: "3", Text: "too late"})
	requireReason(t, err, domain.CodeConflict, "chat_closed")
	_, _, err = s.PostMessage(t.Context(), owner, waiting, domain.NewMessage{ClientID: "4", Text: "too late", Kind: domain.KindNote})
	requireReason(t, err, domain.CodeConflict, "chat_closed")
}

func TestTheSameClientIDIsTheSameMessage(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	owner := f.Agents[0]
	chat := chatOwnedBy(t, s, f, owner, phone(1))
	m := domain.NewMessage{ClientID: "c1", Text: "once"}
	first, created, err := s.PostMessage(t.Context(), owner, chat, m)
	require.NoError(t, err)
	require.True(t, created)
	again, created, err := s.PostMessage(t.Context(), owner, chat, m)
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, first, again)
	_, _, err = s.PostMessage(t.Context(), owner, chat, domain.NewMessage{ClientID: "c1", Text: "other"})
	requireReason(t, err, domain.CodeConflict, "client_id_reused")

	closeChat(t, s, f, chat)
	again, created, err = s.PostMessage(t.Context(), owner, chat, m)
	require.NoError(t, err, "a repeat answers as the first did, even when the chat is closed")
	require.False(t, created)
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from messages where side = 'agent'`))
}

func TestBadMessagesAreRefusedAndLeaveNothing(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatOwnedBy(t, s, f, f.Agents[0], phone(1))
	for name, m := range map[string]domain.NewMessage{
		"no client id":        {Text: "x"},
		"client id with NUL":  {ClientID: "a\x00", Text: "x"},
		"no text":             {ClientID: "1", Text: " \n"},
		"NUL":                 {ClientID: "1", Text: "a\x00b"},
		"unknown kind":        {ClientID: "1", Text: "x", Kind: domain.KindEvent},
		"attachment with NUL": {ClientID: "1", Text: "x", Attachments: []domain.Attachment{{Name: "a\x00"}}},
	} {
		_, _, err := s.PostMessage(t.Context(), f.Agents[0], chat, m)
		require.Equal(t, domain.CodeInvalid, domain.CodeOf(err), name)
	}
	_, _, err := s.PostMessage(t.Context(), f.Agents[0], "not-a-uuid", domain.NewMessage{ClientID: "1", Text: "x"})
	requireReason(t, err, domain.CodeNotFound, "unknown_chat")
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from messages`))
}

func TestANoteIsForColleaguesOnly(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	v, chat, _ := visitorIn(t, s, f)
	available(t, s, f.Agents[0])
	before := chatView(t, s, f, chat)
	note, created, err := s.PostMessage(t.Context(), f.Supervisor, chat, domain.NewMessage{ClientID: "n", Text: "careful", Kind: domain.KindNote})
	require.NoError(t, err)
	require.True(t, created)
	after := chatView(t, s, f, chat)
	require.Equal(t, before.LastMessage, after.LastMessage, "a note isn't the customer's preview")
	require.Equal(t, before.WaitingSince, after.WaitingSince)
	require.Equal(t, note.Seq, after.LastSeq)
	_, messages, err := s.VisitorChat(t.Context(), f.Webchat, v.Identity)
	require.NoError(t, err)
	require.Len(t, messages, 1)
	require.Zero(t, storetest.Value[int](t, f, `select count(*) from events where audience like 'visitor:%' and data::text like '%careful%'`))
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from events where audience = $1 and data::text like '%careful%'`,
		"user:"+string(f.Agents[0].User)))
	require.Equal(t, "note", storetest.Value[string](t, f, `select fact->>'detail' from outbox where seq = $1`, note.Seq))
	_, proceed, err := s.BeginSend(t.Context(), f.Account, note.ID)
	require.NoError(t, err)
	require.False(t, proceed)
}

func TestWhoMayReadAChat(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	other := storetest.Account(t, s)
	stranger := f.AddUser(t, "No Queue", domain.RoleAgent)
	owner, colleague := f.Agents[0], f.Agents[1]
	campaigns := f.AddUser(t, "Cam Campaigns", domain.RoleCampaignManager)

	waiting := chatInLine(t, s, f, phone(1))
	reads := func(a domain.Actor, id domain.ChatID) domain.Code {
		_, err := s.Chat(t.Context(), a, id)
		_, messagesErr := s.Messages(t.Context(), a, id, domain.MessageQuery{})
		require.Equal(t, domain.CodeOf(err), domain.CodeOf(messagesErr))
		require.Equal(t, domain.CodeOf(err), domain.CodeOf(s.MarkRead(t.Context(), a, id, 1)))
		return domain.CodeOf(err)
	}
	require.Empty(t, reads(colleague, waiting), "in line for their queue")
	require.Equal(t, domain.CodeNotFound, reads(stranger, waiting))
	require.Equal(t, domain.CodeNotFound, reads(other.Admin, waiting), "a foreign account's chat")
	require.Equal(t, domain.CodeForbidden, reads(f.Operator, waiting))
	require.Equal(t, domain.CodeForbidden, reads(campaigns, waiting))
	require.Equal(t, domain.CodeNotFound, reads(f.Admin, domain.ChatID(uuid.NewString())))
	require.Equal(t, domain.CodeNotFound, reads(f.Admin, "nonsense"))

	available(t, s, owner)
	offline(t, s, owner)
	require.Empty(t, reads(owner, waiting))
	require.Empty(t, reads(f.Supervisor, waiting))
	require.Equal(t, domain.CodeNotFound, reads(colleague, waiting), "somebody else's chat")

	closeChat(t, s, f, waiting)
	require.Empty(t, reads(owner, waiting), "once their own")
	require.Equal(t, domain.CodeNotFound, reads(colleague, waiting))
	chatOwnedBy(t, s, f, colleague, phone(1))
	require.Empty(t, reads(colleague, waiting), "the past of a customer they serve")

	customer := chatView(t, s, f, waiting).Customer.ID
	page, err := s.CustomerChats(t.Context(), colleague, customer, 20)
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	require.Equal(t, waiting, page.Items[1].ID, "newest first")
	_, err = s.CustomerChats(t.Context(), stranger, customer, 20)
	requireReason(t, err, domain.CodeNotFound, "unknown_customer")
	_, err = s.CustomerChats(t.Context(), other.Admin, customer, 20)
	requireReason(t, err, domain.CodeNotFound, "unknown_customer")
}

func TestListsOfChatsComeInPagesAndInOrder(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	var born []domain.ChatID
	for n := range 7 {
		born = append(born, chatInLine(t, s, f, phone(n)))
	}
	collect := func(a domain.Actor, view string) []domain.ChatID {
		var ids []domain.ChatID
		filter := domain.ChatFilter{View: view, Limit: 3}
		for {
			page, err := s.Chats(t.Context(), a, filter)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page.Items), 3)
			for _, c := range page.Items {
				ids = append(ids, c.ID)
			}
			if page.Next == "" {
				return ids
			}
			filter.Cursor = page.Next
		}
	}
	newestFirst := make([]domain.ChatID, len(born))
	for i, id := range born {
		newestFirst[len(born)-1-i] = id
	}
	require.Equal(t, born, collect(f.Agents[1], domain.ViewWaiting))
	require.Equal(t, born, collect(f.Supervisor, domain.ViewWaiting))
	require.Equal(t, newestFirst, collect(f.Supervisor, domain.ViewAll))
	require.Equal(t, newestFirst, collect(f.Agents[1], domain.ViewAll), "all of an agent holds what they may take")
	require.Empty(t, collect(f.Agents[0], domain.ViewMine))
	available(t, s, f.Agents[0])
	require.Equal(t, born[:5], collect(f.Agents[0], domain.ViewMine))
	require.Equal(t, born[5:], collect(f.Agents[1], domain.ViewWaiting))
	sum, err := s.Summary(t.Context(), f.Agents[0])
	require.NoError(t, err)
	require.Equal(t, 2, sum.Waiting)
	require.Equal(t, 5, sum.MyOpen)
	require.Equal(t, storetest.AgentCap, sum.MaxChats)
	require.NotNil(t, sum.LongestWaitingSince)
	for phase, want := range map[domain.Phase]int{"": 7, domain.PhaseQueued: 2, domain.PhaseActive: 5, domain.PhaseClosed: 0} {
		page, err := s.Chats(t.Context(), f.Supervisor, domain.ChatFilter{View: domain.ViewAll, Phase: phase})
		require.NoError(t, err)
		require.Len(t, page.Items, want, phase)
	}

	for _, bad := range []domain.ChatFilter{
		{View: "yours"},
		{View: domain.ViewAll, Phase: "odd"},
		{View: domain.ViewAll, Cursor: "x"},
		{View: domain.ViewMine, Cursor: "1"},
		{View: domain.ViewWaiting, Cursor: "1.2"},
		{View: domain.ViewWaiting, Cursor: "5.99999999999999999999.x"},
	} {
		_, err := s.Chats(t.Context(), f.Supervisor, bad)
		require.Equal(t, domain.CodeInvalid, domain.CodeOf(err), "%+v", bad)
	}
	_, err = s.Chats(t.Context(), f.Operator, domain.ChatFilter{View: domain.ViewAll})
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))
}

func TestMessagesComeInPagesBothWays(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatInLine(t, s, f, phone(1))
	for range 9 {
		_, err := s.ReceiveMessage(t.Context(), f.Inbound(phone(1), "more"))
		require.NoError(t, err)
	}
	seqs := func(q domain.MessageQuery) ([]int64, string) {
		page, err := s.Messages(t.Context(), f.Supervisor, chat, q)
		require.NoError(t, err)
		var all []int64
		for _, m := range page.Items {
			all = append(all, m.Seq)
		}
		return all, page.Next
	}
	got, next := seqs(domain.MessageQuery{Limit: 4})
	require.Equal(t, []int64{7, 8, 9, 10}, got)
	require.Equal(t, "7", next)
	got, next = seqs(domain.MessageQuery{Limit: 4, Before: 5})
	require.Equal(t, []int64{1, 2, 3, 4}, got)
	require.Empty(t, next)
	got, next = seqs(domain.MessageQuery{Limit: 4, After: 3})
	require.Equal(t, []int64{4, 5, 6, 7}, got)
	require.Equal(t, "7", next)
	got, next = seqs(domain.MessageQuery{After: 10})
	require.Empty(t, got)
	require.Empty(t, next)
}

func TestReadingOnlyMovesForward(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	owner := f.Agents[0]
	chat := chatOwnedBy(t, s, f, owner, phone(1)) // message 1, assignment 2
	for range 3 {
		_, err := s.ReceiveMessage(t.Context(), f.Inbound(phone(1), "more")) // 3, 4, 5
		require.NoError(t, err)
	}
	unread := func() (int, int64) { v := chatView(t, s, f, chat); return v.Unread, v.ReadSeq }
	require.NoError(t, s.MarkRead(t.Context(), owner, chat, 4))
	n, seq := unread()
	require.Equal(t, 1, n)
	require.EqualValues(t, 4, seq)
	require.NoError(t, s.MarkRead(t.Context(), owner, chat, 1))
	n, seq = unread()
	require.Equal(t, 1, n)
	require.EqualValues(t, 4, seq)
	require.NoError(t, s.MarkRead(t.Context(), f.Supervisor, chat, 5))
	n, _ = unread()
	require.Equal(t, 1, n, "a supervisor's look isn't the owner's")
	require.NoError(t, s.MarkRead(t.Context(), owner, chat, 1<<60))
	n, seq = unread()
	require.Zero(t, n)
	require.EqualValues(t, 5, seq)
}
