package api_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

const corrections = "audit where action = 'chat.disposition_corrected'"

const dispositionsPath = "/api/v1/settings/dispositions"

func (b *bundle) disposition(t *testing.T, body map[string]any) domain.Disposition {
	t.Helper()
	got := b.call(t, "POST", dispositionsPath, body, b.as(t, b.Admin))
	require.Equal(t, 201, got.StatusCode, string(got.body))
	var d domain.Disposition
	got.into(t, &d)
	return d
}

func (b *bundle) offered(t *testing.T, a domain.Actor, id domain.ChatID) []string {
	t.Helper()
	var page domain.Page[domain.Disposition]
	got := b.call(t, "GET", "/api/v1/dispositions?chat_id="+string(id), nil, b.as(t, a))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	got.into(t, &page)
	var names []string
	for _, d := range page.Items {
		names = append(names, d.Name)
	}
	return names
}

func TestDispositionsAreATreeOfferedByQueue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	id := b.chatOf(t, ada, "+12025550142")
	refund := b.disposition(t, map[string]any{"name": "Refund"})
	damaged := b.disposition(t, map[string]any{"name": "Damaged", "parent_id": refund.ID})
	box := b.disposition(t, map[string]any{"name": "Box", "parent_id": damaged.ID})
	require.Equal(t, damaged.ID, *box.ParentID)
	b.disposition(t, map[string]any{"name": "Sold", "queue_ids": []any{b.Sales}})
	require.ElementsMatch(t, []string{"Resolved", "Refund", "Damaged", "Box"}, b.offered(t, ada, id))

	p := b.call(t, "POST", dispositionsPath, map[string]any{"name": "Lid", "parent_id": box.ID}, b.as(t, b.Admin)).refused(t, 422, "invalid")
	require.Equal(t, "body.parent_id", p.Errors[0].Location, "three levels are enough")
	p = b.call(t, "PATCH", dispositionsPath+"/"+string(refund.ID), map[string]any{"parent_id": damaged.ID}, b.as(t, b.Admin)).refused(t, 422, "invalid")
	require.Equal(t, "body.parent_id", p.Errors[0].Location, "nothing stands below itself")
	b.call(t, "POST", dispositionsPath, map[string]any{"name": "Refund"}, b.as(t, b.Admin)).refused(t, 409, "conflict")
	b.call(t, "PATCH", dispositionsPath+"/"+uuid.NewString(), map[string]any{"name": "X"}, b.as(t, b.Admin)).refused(t, 404, "unknown_disposition")
	b.call(t, "PATCH", dispositionsPath+"/"+string(refund.ID), map[string]any{"name": "X"}, b.as(t, b.Supervisor)).refused(t, 403, "forbidden")

	dispose := chatPath(id) + "/dispose"
	for name, d := range map[string]domain.DispositionID{"a group": refund.ID, "another group": damaged.ID, "unknown": domain.NewID[domain.DispositionID]()} {
		p := b.call(t, "POST", dispose, map[string]any{"disposition_id": d}, b.as(t, ada)).refused(t, 422, "invalid")
		require.Equal(t, "body.disposition_id", p.Errors[0].Location, name)
	}
	got := b.call(t, "PATCH", dispositionsPath+"/"+string(damaged.ID), map[string]any{"disabled": true}, b.as(t, b.Admin))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.NotContains(t, b.offered(t, ada, id), "Damaged")
	require.Empty(t, b.chats.got, "none of that reached the engine")
}

func TestAResultChosenEarlyIsAppliedAtTheEndAndCorrectedAfterwards(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	me := b.as(t, ada)
	id := b.chatOf(t, ada, "+12025550142")
	refund := b.disposition(t, map[string]any{"name": "Refund"})
	got := b.call(t, "PUT", chatPath(id)+"/disposition", map[string]any{"disposition_id": refund.ID, "note": "as promised"}, me)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	var chat domain.ChatView
	got.into(t, &chat)
	require.Equal(t, "Refund", chat.NextDisposition.Name)
	require.Equal(t, "as promised", chat.NextNote)
	require.Nil(t, chat.Disposition)

	require.Equal(t, 200, b.call(t, "POST", chatPath(id)+"/dispose", map[string]any{"disposition_id": refund.ID}, me).StatusCode)
	got = b.call(t, "PUT", chatPath(id)+"/disposition", map[string]any{"disposition_id": b.Disposition, "note": "it was resolved"}, b.as(t, b.Supervisor))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	got.into(t, &chat)
	require.Equal(t, "Resolved", chat.Disposition.Name)
	require.Equal(t, "it was resolved", chat.Note)
	require.Equal(t, 1, b.count(t, corrections), "a correction leaves a trace")

	for body, field := range map[string]string{
		`{"disposition_id":"` + uuid.NewString() + `"}`:                                 "body.disposition_id",
		`{"disposition_id":"x"}`:                                                        "body.disposition_id",
		`{"disposition_id":"` + string(refund.ID) + `","note":"` + longText(251) + `"}`: "body.note",
		`{"disposition_id":"` + string(refund.ID) + `","note":"` + "\\u0000" + `"}`:     "body.note",
	} {
		p := b.call(t, "PUT", chatPath(id)+"/disposition", body, me).refused(t, 422, "invalid")
		require.Equal(t, field, p.Errors[0].Location, body)
	}
	require.Equal(t, 1, b.count(t, corrections))
}

func TestACallbackIsPromisedWithATimeAndDoneOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	me := b.as(t, ada)
	id := b.chatOf(t, ada, "+12025550142")
	call := b.disposition(t, map[string]any{"name": "Call back", "callback": true})
	dispose := chatPath(id) + "/dispose"
	due := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	at := due.Format(time.RFC3339)
	for body, field := range map[string]string{
		`{}`: "body.callback_at",
		`{"callback_at":"` + time.Now().Add(-time.Hour).Format(time.RFC3339) + `"}`:  "body.callback_at",
		`{"callback_at":"` + time.Now().AddDate(2, 0, 0).Format(time.RFC3339) + `"}`: "body.callback_at",
		`{"callback_at":"tomorrow"}`:                           "body.callback_at",
		`{"callback_at":"` + at + `","callback_zone":"Mars"}`:  "body.callback_zone",
		`{"callback_at":"` + at + `","callback_zone":"Local"}`: "body.callback_zone",
		`{"callback_at":"` + at + `","break_after":"\u0000"}`:  "body.break_after",
	} {
		full := `{"disposition_id":"` + string(call.ID) + `"`
		if body != `{}` {
			full += "," + body[1:]
		} else {
			full += "}"
		}
		p := b.call(t, "POST", dispose, full, me).refused(t, 422, "invalid")
		require.Equal(t, field, p.Errors[0].Location, body)
	}
	p := b.call(t, "POST", dispose, map[string]any{"disposition_id": b.Disposition, "callback_zone": "UTC"}, me).refused(t, 422, "invalid")
	require.Equal(t, "body.callback_zone", p.Errors[0].Location)
	require.Empty(t, b.chats.got)
	require.Zero(t, b.count(t, "follow_ups"))

	got := b.call(t, "POST", dispose, map[string]any{
		"disposition_id": call.ID, "note": "wants the invoice", "callback_at": at, "callback_zone": "Europe/Vienna",
	}, me)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	var page domain.Page[domain.FollowUp]
	b.call(t, "GET", "/api/v1/follow-ups", nil, me).into(t, &page)
	require.Len(t, page.Items, 1)
	promise := page.Items[0]
	require.Equal(t, id, promise.ChatID)
	require.True(t, due.Equal(promise.DueAt))
	require.Equal(t, "Europe/Vienna", promise.Zone)
	require.Equal(t, "+12025550142", promise.Customer.Address)

	foreign := storetest.Account(t, b.store)
	b.call(t, "POST", "/api/v1/follow-ups/"+string(promise.ID)+"/done", nil, b.as(t, foreign.Supervisor)).refused(t, 404, "unknown_follow_up")
	b.call(t, "POST", "/api/v1/follow-ups/none/done", nil, me).refused(t, 404, "unknown_follow_up")
	got = b.call(t, "POST", "/api/v1/follow-ups/"+string(promise.ID)+"/done", nil, me)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	var done domain.FollowUp
	got.into(t, &done)
	require.Equal(t, ada.User, done.DoneBy.ID)
	b.call(t, "GET", "/api/v1/follow-ups", nil, me).into(t, &page)
	require.Empty(t, page.Items)
	b.call(t, "GET", "/api/v1/follow-ups?open=false", nil, me).into(t, &page)
	require.Len(t, page.Items, 1)
}
