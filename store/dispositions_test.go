package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

func (g stage) result(n domain.NewDisposition) domain.Disposition {
	g.Helper()
	d, err := g.s.CreateDisposition(g.Context(), g.f.Admin, n)
	require.NoError(g, err)
	return d
}

func namesOf(all []domain.Disposition) []string {
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = d.Name
	}
	return names
}

func TestDispositionsAreATreeOfThreeLevelsPerQueue(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ctx := t.Context()
	refund := g.result(domain.NewDisposition{Name: "Refund", Position: 2})
	broken := g.result(domain.NewDisposition{Name: "Broken", Parent: refund.ID})
	lamp := g.result(domain.NewDisposition{Name: "Lamp", Parent: broken.ID})
	deal := g.result(domain.NewDisposition{Name: "Deal", Position: 3, Queues: []domain.QueueID{g.f.Sales}})
	all, err := g.s.Dispositions(ctx, g.f.Agents[0], "")
	require.NoError(t, err)
	require.Equal(t, []string{"Resolved", "Refund", "Broken", "Lamp", "Deal"}, namesOf(all), "each followed by what stands below it")
	offered := func(q domain.QueueID) []string {
		d, err := g.s.Dispositions(ctx, g.f.Agents[0], q)
		require.NoError(t, err)
		return namesOf(d)
	}
	require.Equal(t, []string{"Resolved", "Refund", "Broken", "Lamp"}, offered(g.f.Queue))
	require.Contains(t, offered(g.f.Sales), "Deal")

	theirs := storetest.Account(t, g.s)
	for field, n := range map[string]domain.NewDisposition{
		"parent_id": {Name: "Shade", Parent: lamp.ID},
		"queue_ids": {Name: "Else", Queues: []domain.QueueID{theirs.Queue}},
	} {
		_, err := g.s.CreateDisposition(ctx, g.f.Admin, n)
		requireField(t, err, field)
	}
	_, err = g.s.CreateDisposition(ctx, g.f.Admin, domain.NewDisposition{Name: "Else", Parent: theirs.Disposition})
	requireField(t, err, "parent_id")
	_, err = g.s.CreateDisposition(ctx, g.f.Admin, domain.NewDisposition{Name: "Broken", Parent: refund.ID})
	require.Equal(t, domain.CodeConflict, domain.CodeOf(err), "one name once below a parent")
	g.result(domain.NewDisposition{Name: "Broken", Parent: deal.ID})
	for _, wrong := range []domain.DispositionPatch{{Parent: &lamp.ID}, {Parent: &refund.ID}} {
		_, err := g.s.UpdateDisposition(ctx, g.f.Admin, refund.ID, wrong)
		requireField(t, err, "parent_id")
	}
	_, err = g.s.UpdateDisposition(ctx, g.f.Admin, refund.ID, domain.DispositionPatch{Parent: &deal.ID})
	requireField(t, err, "parent_id") // four levels
	_, err = g.s.UpdateDisposition(ctx, theirs.Admin, refund.ID, domain.DispositionPatch{})
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
	top, off := domain.DispositionID(""), true
	moved, err := g.s.UpdateDisposition(ctx, g.f.Admin, broken.ID, domain.DispositionPatch{Parent: &top})
	require.NoError(t, err)
	require.Nil(t, moved.ParentID)
	_, err = g.s.UpdateDisposition(ctx, g.f.Admin, broken.ID, domain.DispositionPatch{Disabled: &off})
	require.NoError(t, err)
	require.Equal(t, []string{"Resolved", "Refund"}, offered(g.f.Queue), "what stands below a disabled one is out of use, too")
}

func (g stage) closes(chat domain.ChatID, change func(*domain.CloseRequest)) error {
	g.Helper()
	_, seq := g.standing(chat)
	r := disposed(g.f, chat, seq)
	change(&r)
	_, err := g.s.CloseChat(g.Context(), r)
	return err
}

func TestADispositionIsOfferedChosenEarlyAndCorrectedAfterwards(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ctx, ada := t.Context(), g.f.Agents[0]
	refund := g.result(domain.NewDisposition{Name: "Refund"})
	broken := g.result(domain.NewDisposition{Name: "Broken", Parent: refund.ID})
	deal := g.result(domain.NewDisposition{Name: "Deal", Queues: []domain.QueueID{g.f.Sales}})
	chat := g.owned(ada, phone(1))
	for _, wrong := range []domain.DispositionID{refund.ID, deal.ID, domain.NewID[domain.DispositionID]()} {
		requireField(t, g.closes(chat, func(r *domain.CloseRequest) { r.Actor, r.Disposition = ada.User, wrong }), "disposition_id")
		_, err := g.s.ChooseDisposition(ctx, ada, chat, wrong, "")
		requireField(t, err, "disposition_id")
	}
	_, err := g.s.ChooseDisposition(ctx, ada, chat, broken.ID, strings.Repeat("ü", 251))
	requireField(t, err, "note")
	seq := g.view(chat).LastSeq
	view, err := g.s.ChooseDisposition(ctx, ada, chat, broken.ID, strings.Repeat("ü", 250))
	require.NoError(t, err)
	require.Equal(t, "Broken", view.NextDisposition.Name)
	require.Equal(t, seq, view.LastSeq, "no word in the chat: what is being said goes on")
	require.NoError(t, g.closes(chat, func(r *domain.CloseRequest) { r.Actor, r.Disposition, r.Note = ada.User, "", "" }))
	v := g.view(chat)
	require.Equal(t, "Broken", v.Disposition.Name)
	require.Equal(t, strings.Repeat("ü", 250), v.Note)
	require.Nil(t, v.NextDisposition)
	require.Contains(t, g.f.Story(t, chat), domain.StoryClosed)

	_, err = g.s.ChooseDisposition(ctx, ada, chat, g.f.Disposition, "it was fine after all")
	require.NoError(t, err)
	require.Equal(t, "Resolved", g.view(chat).Disposition.Name)
	require.Equal(t, 1, g.audits("chat.disposition_corrected"))
	_, err = g.s.ChooseDisposition(ctx, g.f.Agents[1], chat, broken.ID, "")
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
	_, err = g.s.ChooseDisposition(ctx, g.f.Supervisor, chat, broken.ID, "")
	require.NoError(t, err)
}

func TestADispositionMayPromiseACallbackAndBookABreak(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ctx, ada := t.Context(), g.f.Agents[0]
	call := g.result(domain.NewDisposition{Name: "Call back", Callback: true})
	chat, other := g.owned(ada, phone(1)), g.owned(ada, phone(2))
	due := g.clock.Now().Add(26 * time.Hour).UTC().Truncate(time.Second)
	mine := func(r *domain.CloseRequest) { r.Actor, r.Disposition = ada.User, call.ID }
	requireField(t, g.closes(chat, mine), "callback_at")
	requireField(t, g.closes(chat, func(r *domain.CloseRequest) { mine(r); r.CallbackAt = due }), "callback_zone")
	requireField(t, g.closes(chat, func(r *domain.CloseRequest) { mine(r); r.CallbackAt, r.CallbackZone = due, "Mars/Olympus" }), "callback_zone")
	requireField(t, g.closes(chat, func(r *domain.CloseRequest) {
		mine(r)
		r.CallbackAt, r.CallbackZone, r.BreakAfter = due, "Europe/Vienna", "Skiing"
	}), "break_after")
	require.NoError(t, g.closes(chat, func(r *domain.CloseRequest) {
		mine(r)
		r.CallbackAt, r.CallbackZone, r.BreakAfter, r.Note = due, "Europe/Vienna", "Lunch", "after ten"
	}))
	u := g.me(ada)
	require.Equal(t, domain.Available, u.Status)
	require.Equal(t, domain.OnBreak, u.NextStatus, "after the other chat")
	require.NoError(t, g.closes(other, func(r *domain.CloseRequest) { r.Actor = ada.User }))
	require.Equal(t, domain.OnBreak, g.me(ada).Status)

	open, err := g.s.FollowUps(ctx, ada, true)
	require.NoError(t, err)
	require.Len(t, open, 1)
	f := open[0]
	require.True(t, due.Equal(f.DueAt))
	require.Equal(t, "Europe/Vienna", f.Zone)
	require.Equal(t, "after ten", f.Note)
	require.Equal(t, phone(1), f.Customer.Address)
	require.Equal(t, ada.User, f.User.ID)
	stranger := g.f.AddUser(t, "Eve", domain.RoleAgent)
	none, err := g.s.FollowUps(ctx, stranger, true)
	require.NoError(t, err)
	require.Empty(t, none, "neither theirs nor their queue's")
	_, err = g.s.FollowUpDone(ctx, stranger, f.ID)
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
	theirs := storetest.Account(t, g.s)
	_, err = g.s.FollowUpDone(ctx, theirs.Supervisor, f.ID)
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
	done, err := g.s.FollowUpDone(ctx, g.f.Agents[1], f.ID)
	require.NoError(t, err, "a colleague of the queue")
	require.Equal(t, g.f.Agents[1].User, done.DoneBy.ID)
	again, err := g.s.FollowUpDone(ctx, ada, f.ID)
	require.NoError(t, err)
	require.Equal(t, g.f.Agents[1].User, again.DoneBy.ID, "the first to say so counts")
	open, err = g.s.FollowUps(ctx, ada, true)
	require.NoError(t, err)
	require.Empty(t, open)
	lately, err := g.s.FollowUps(ctx, ada, false)
	require.NoError(t, err)
	require.Len(t, lately, 1)
}

func TestAWrapUpEndsWithWhatWasChosenBefore(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada := g.f.Agents[0]
	early := g.result(domain.NewDisposition{Name: "Early"})
	g.policy(func(p *routing.Policy) { p.WrapUp = routing.WrapUp{Seconds: 60, Disposition: g.f.Disposition} })
	v, chat, _ := visitorIn(t, g.s, g.f)
	available(t, g.s, ada)
	_, err := g.s.ChooseDisposition(t.Context(), ada, chat, early.ID, "as discussed")
	require.NoError(t, err)
	require.NoError(t, g.s.EndChat(t.Context(), g.f.Webchat, v.Identity))
	g.passes(chat, routing.ClockWrapUp)
	ended := g.view(chat)
	require.Equal(t, "Early", ended.Disposition.Name)
	require.Equal(t, "as discussed", ended.Note)
	require.Zero(t, g.me(ada).OpenChats)
}
