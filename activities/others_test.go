package activities_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"tandem/activities"
	"tandem/domain"
)

func TestErrorsOverTheWire(t *testing.T) {
	t.Parallel()
	for code, final := range map[domain.Code]bool{
		domain.CodeInvalid: true, domain.CodeUnauthorized: true, domain.CodeForbidden: true, domain.CodeNotFound: true,
		domain.CodeConflict: true, domain.CodeRefused: true,
		domain.CodeThrottled: false, domain.CodeUnavailable: false, domain.CodeAmbiguous: false, domain.CodeInternal: false,
	} {
		e := domain.E(code, "sentence").Because("reason").CausedBy(errors.New("cause"))
		e.Field, e.ProviderCode, e.RetryAfter = "field", "123", 7*time.Second
		err := activities.ToTemporal(e)
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		require.Equal(t, final, app.NonRetryable(), code)
		require.Equal(t, "reason", app.Type())
		require.Equal(t, 7*time.Second, app.NextRetryDelay())

		// Over the wire and back.
		converter := temporal.GetDefaultFailureConverter()
		back, ok := activities.FromTemporal(converter.FailureToError(converter.ErrorToFailure(err)))
		require.True(t, ok)
		back.Err = nil
		require.Equal(t, &domain.Error{
			Code: code, Reason: "reason", Text: "sentence", Field: "field", ProviderCode: "123", RetryAfter: 7 * time.Second,
		}, back)
	}
	require.NoError(t, activities.ToTemporal(nil))
	err := activities.ToTemporal(errors.New("odd"))
	back, ok := activities.FromTemporal(err)
	require.True(t, ok)
	require.Equal(t, domain.CodeInternal, back.Code)
	require.Same(t, err, activities.ToTemporal(err), "what is translated stays")
	_, ok = activities.FromTemporal(temporal.NewApplicationError("x", "y"))
	require.False(t, ok)
	_, ok = activities.FromTemporal(nil)
	require.False(t, ok)
}

// book is a ledger of one chat.
type book struct {
	state    domain.ChatState
	from, to int64
	err      error
}

func (b *book) LoadChat(context.Context, domain.AccountID, domain.ChatID) (domain.ChatState, error) {
	return b.state, b.err
}

func (b *book) Facts(_ context.Context, _ domain.AccountID, _ domain.ChatID, from, to int64) ([]domain.Fact, error) {
	b.from, b.to = from, to
	return []domain.Fact{{Seq: to}}, b.err
}

func (b *book) CloseChat(context.Context, domain.CloseRequest) (domain.CloseResult, error) {
	return domain.CloseResult{Closed: true}, b.err
}

func (b *book) RequestAgent(context.Context, domain.AccountID, domain.ChatID) (domain.Assigned, error) {
	return domain.Assigned{Phase: domain.PhaseActive}, b.err
}

func (b *book) ReleaseAndPickNext(context.Context, domain.AccountID, domain.UserID) ([]domain.ChatID, error) {
	return []domain.ChatID{"next"}, b.err
}

func TestLoadChatBringsTheRecentFactsAndALink(t *testing.T) {
	t.Parallel()
	b := &book{state: domain.ChatState{LastSeq: 120}}
	chats, err := activities.NewChats(b, "https://tandem.test/")
	require.NoError(t, err)
	loaded, err := chats.LoadChat(t.Context(), activities.ChatRef{Account: "acme", Chat: "c1"})
	require.NoError(t, err)
	require.Equal(t, "https://tandem.test/chats/c1", loaded.URL)
	require.Equal(t, []int64{71, 120}, []int64{b.from, b.to})
	require.Len(t, loaded.Recent, 1)
}

func TestLoadFactsIsBounded(t *testing.T) {
	t.Parallel()
	b := &book{}
	chats, err := activities.NewChats(b, "https://tandem.test")
	require.NoError(t, err)
	for _, c := range []struct{ from, to, want int64 }{
		{5, 7, 7}, {5, 0, 1004}, {5, 9999, 1004}, {5, math.MaxInt64, 1004},
	} {
		_, err := chats.LoadFacts(t.Context(), activities.FactsRequest{From: c.from, To: c.to})
		require.NoError(t, err)
		require.Equal(t, c.want, b.to)
	}
}

func TestLedgerErrorsAreTranslated(t *testing.T) {
	t.Parallel()
	b := &book{err: domain.E(domain.CodeConflict, "no").Because("chat_closed")}
	chats, err := activities.NewChats(b, "https://tandem.test")
	require.NoError(t, err)
	routing, err := activities.NewRouting(b)
	require.NoError(t, err)
	calls := map[string]func() error{
		"load":    func() error { _, err := chats.LoadChat(t.Context(), activities.ChatRef{}); return err },
		"facts":   func() error { _, err := chats.LoadFacts(t.Context(), activities.FactsRequest{}); return err },
		"close":   func() error { _, err := chats.CloseChat(t.Context(), domain.CloseRequest{}); return err },
		"request": func() error { _, err := routing.RequestAgent(t.Context(), activities.ChatRef{}); return err },
		"release": func() error {
			_, err := routing.ReleaseAndPickNext(t.Context(), activities.ReleaseRequest{})
			return err
		},
	}
	for name, call := range calls {
		var app *temporal.ApplicationError
		require.ErrorAs(t, call(), &app, name)
		require.Equal(t, "chat_closed", app.Type())
		require.True(t, app.NonRetryable())
	}
}

// house is an engine and the list of open chats.
type house struct {
	open    []activities.ChatRef
	running map[activities.ChatRef]bool
	started []activities.ChatRef
	pruned  []time.Time
	err     error
}

func (h *house) RunningChats(context.Context) (map[activities.ChatRef]bool, error) {
	return h.running, h.err
}

func (h *house) StartChat(_ context.Context, ref activities.ChatRef) error {
	h.started = append(h.started, ref)
	return nil
}

func (h *house) Prune(_ context.Context, events, facts time.Time) error {
	h.pruned = []time.Time{events, facts}
	return h.err
}

func (h *house) page(_ context.Context, after domain.ChatID, limit int) ([]activities.ChatRef, error) {
	var page []activities.ChatRef
	for _, ref := range h.open {
		if ref.Chat > after && len(page) < limit {
			page = append(page, ref)
		}
	}
	return page, nil
}

// bornAt makes an id as it would have been minted at a moment.
func bornAt(at time.Time) activities.ChatRef {
	id := uuid.Must(uuid.NewV7())
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return activities.ChatRef{Account: "acme", Chat: domain.ChatID(id.String())}
}

func TestSweepStartsOpenChatsWithoutAWorkflow(t *testing.T) {
	t.Parallel()
	h := &house{running: map[activities.ChatRef]bool{}}
	for i := range 2500 {
		ref := bornAt(noon.Add(time.Duration(i-4000) * time.Second))
		h.open = append(h.open, ref)
		h.running[ref] = i != 7 && i != 1500 && i != 2499
	}
	young := bornAt(noon.Add(-time.Minute))
	h.open = append(h.open, young)
	s, err := activities.NewSweeping(h.page, h, h, func() time.Time { return noon })
	require.NoError(t, err)
	r, err := s.SweepChats(t.Context())
	require.NoError(t, err)
	require.Equal(t, activities.SweepChatsResult{Open: 2500, Started: 3}, r)
	require.Equal(t, []activities.ChatRef{h.open[7], h.open[1500], h.open[2499]}, h.started, "the youngest is left to its own signal")
	require.NoError(t, s.PruneLedger(t.Context()))
	require.Equal(t, []time.Time{noon.Add(-48 * time.Hour), noon.Add(-7 * 24 * time.Hour)}, h.pruned)
}

func TestSweepStartsNothingWhenItDoesNotKnowWhatRuns(t *testing.T) {
	t.Parallel()
	h := &house{open: []activities.ChatRef{bornAt(noon.Add(-time.Hour))}, err: errors.New("visibility is down")}
	s, err := activities.NewSweeping(h.page, h, h, func() time.Time { return noon })
	require.NoError(t, err)
	_, err = s.SweepChats(t.Context())
	require.Error(t, err)
	require.Empty(t, h.started)
}
