package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"tandem/activities"
	"tandem/domain"
	"tandem/routing"
)

// tower is a ledger of one chat's clocks.
type tower struct {
	fired    routing.Fired
	asked    domain.FireRequest
	err      error
	storyErr error
	limit    int
}

func (w *tower) Standing(context.Context, domain.AccountID, domain.ChatID) (routing.Standing, int64, error) {
	return routing.Standing{Phase: domain.PhaseQueued}, 7, w.err
}

func (w *tower) FireClock(_ context.Context, r domain.FireRequest) (routing.Fired, error) {
	w.asked = r
	return w.fired, w.err
}

func (w *tower) ChatStory(_ context.Context, _ domain.AccountID, _ domain.ChatID, limit int) ([]domain.StoryLine, error) {
	w.limit = limit
	return []domain.StoryLine{{At: noon, Kind: domain.StoryArrived, Text: "arrived"}}, w.storyErr
}

func (w *tower) clocks(t *testing.T) *activities.Clocks {
	t.Helper()
	c, err := activities.NewClocks(w, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return c
}

func TestStandingComesWithItsStory(t *testing.T) {
	t.Parallel()
	w := &tower{}
	ref := activities.ChatRef{Account: "acme", Chat: "c1"}
	got, err := w.clocks(t).LoadStanding(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, activities.LoadedStanding{
		Standing: routing.Standing{Phase: domain.PhaseQueued}, LastSeq: 7, Story: []activities.StorySentence{{At: noon, Text: "arrived"}},
	}, got)
	require.Equal(t, 10, w.limit)

	w.storyErr = errors.New("gone")
	got, err = w.clocks(t).LoadStanding(t.Context(), ref)
	require.NoError(t, err, "the card does without")
	require.Nil(t, got.Story)
}

func TestFiredClockBringsTheStoryAfterIt(t *testing.T) {
	t.Parallel()
	w := &tower{fired: routing.Fired{LastSeq: 9, Effects: []routing.Effect{{Kind: routing.EffectPost}}}}
	r := domain.FireRequest{Account: "acme", Chat: "c1", Clock: domain.Deadline{Kind: routing.ClockStep, Step: 2}, ExpectSeq: 8}
	got, err := w.clocks(t).FireClock(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, r, w.asked)
	require.EqualValues(t, 9, got.LastSeq)
	require.Len(t, got.Effects, 1)
	require.Len(t, got.Story, 1)
	text, err := json.Marshal(got)
	require.NoError(t, err)
	var back activities.FiredClock
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, got.LastSeq, back.LastSeq, "the embedded answer travels flat")

	w.fired.Newer = true
	got, err = w.clocks(t).FireClock(t.Context(), r)
	require.NoError(t, err)
	require.Nil(t, got.Story)
}

func TestClockErrorsAreTranslated(t *testing.T) {
	t.Parallel()
	w := &tower{err: domain.E(domain.CodeNotFound, "no chat")}
	for _, call := range []func() error{
		func() error { _, err := w.clocks(t).LoadStanding(t.Context(), activities.ChatRef{}); return err },
		func() error { _, err := w.clocks(t).FireClock(t.Context(), domain.FireRequest{}); return err },
	} {
		var app *temporal.ApplicationError
		require.ErrorAs(t, call(), &app)
		require.True(t, app.NonRetryable())
	}
	_, err := activities.NewClocks(nil, nil)
	require.Error(t, err)
	_, err = activities.NewNotices(nil)
	require.Error(t, err)
}

// postbox takes notices.
type postbox struct {
	got []activities.Posting
	err error
}

func (p *postbox) Post(ctx context.Context, n activities.Posting) error {
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > activities.NotifyWithin {
		return errors.New("a call needs a limit")
	}
	p.got = append(p.got, n)
	return p.err
}

func TestNoticeKeepsItsKeyOverRepeats(t *testing.T) {
	t.Parallel()
	p := &postbox{}
	n, err := activities.NewNotices(p)
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	request := activities.NotifyRequest{URL: "https://hooks.test/x", Body: json.RawMessage(`{"a":1}`)}
	for range 2 {
		env := suite.NewTestActivityEnvironment()
		env.RegisterActivity(n)
		_, err = env.ExecuteActivity(n.Notify, request)
		require.NoError(t, err)
	}
	require.Len(t, p.got, 2)
	require.NotEmpty(t, p.got[0].Key)
	require.Equal(t, "https://hooks.test/x", p.got[0].URL)
	require.JSONEq(t, `{"a":1}`, string(p.got[0].Body))

	p.err = domain.E(domain.CodeRefused, "no")
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(n)
	_, err = env.ExecuteActivity(n.Notify, request)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.True(t, app.NonRetryable())
}
