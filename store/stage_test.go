package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store"
	"tandem/store/storetest"
)

// stage is an account with a clock that the test puts forward.
type stage struct {
	*testing.T
	s     *store.Store
	f     storetest.Fixture
	clock *storetest.Clock
}

func onStage(t *testing.T) stage {
	t.Helper()
	clock := &storetest.Clock{}
	s, f := setup(t, storetest.WithClock(clock))
	return stage{T: t, s: s, f: f, clock: clock}
}

// arrives gives a chat that a customer opens on a channel now.
func (g stage) arrives(ch domain.Channel, from string) domain.ChatID {
	g.Helper()
	in := g.f.Inbound(from, "hello")
	in.Channel, in.ReceivedAt = ch, g.clock.Now()
	got, err := g.s.ReceiveMessage(g.Context(), in)
	require.NoError(g, err)
	require.True(g, got.NewChat)
	return got.Chat
}

// policy gives Support a policy and returns the version.
func (g stage) policy(change func(*routing.Policy)) int {
	g.Helper()
	p := routing.DefaultPolicy()
	change(&p)
	return g.f.SetPolicy(g, g.f.Queue, p)
}

func (g stage) standing(chat domain.ChatID) (routing.Standing, int64) {
	g.Helper()
	st, seq, err := g.s.Standing(g.Context(), g.f.Account, chat)
	require.NoError(g, err)
	return st, seq
}

func (g stage) fireRequest(chat domain.ChatID) domain.FireRequest {
	g.Helper()
	st, seq := g.standing(chat)
	clocks := routing.Clocks(st, nil)
	require.NotEmpty(g, clocks, "the chat has no clock")
	return domain.FireRequest{Account: g.f.Account, Chat: chat, Clock: clocks[0], ExpectSeq: seq}
}

// passes waits for a chat's soonest clock, which must be of a kind, and fires it.
func (g stage) passes(chat domain.ChatID, kind routing.ClockKind) routing.Fired {
	g.Helper()
	r := g.fireRequest(chat)
	require.Equal(g, kind, r.Clock.Kind)
	g.clock.To(r.Clock.At)
	fired, err := g.s.FireClock(g.Context(), r)
	require.NoError(g, err)
	require.False(g, fired.Newer)
	again, err := g.s.FireClock(g.Context(), r)
	require.NoError(g, err)
	if len(fired.Effects) > 0 {
		require.Len(g, again.Effects, len(fired.Effects), "nobody knows whether they were done")
		for i, e := range fired.Effects {
			require.Equal(g, e.URL, again.Effects[i].URL)
			require.JSONEq(g, string(e.Body), string(again.Effects[i].Body))
		}
	} else {
		require.True(g, again.Newer, "a clock acts once")
	}
	require.Equal(g, fired.LastSeq, again.LastSeq)
	return fired
}

func (g stage) asks(chat domain.ChatID) domain.Assigned {
	g.Helper()
	got, err := g.s.RequestAgent(g.Context(), g.f.Account, chat)
	require.NoError(g, err)
	return got
}

func (g stage) view(chat domain.ChatID) domain.ChatView {
	g.Helper()
	return chatView(g.T, g.s, g.f, chat)
}

func (g stage) owner(chat domain.ChatID) domain.UserID {
	g.Helper()
	v := g.view(chat)
	if v.Owner == nil {
		return ""
	}
	return v.Owner.ID
}

// facts gives the kinds of what the chat's workflow was told, checked to be without gaps.
func (g stage) facts(chat domain.ChatID) []domain.FactKind {
	g.Helper()
	facts, err := g.s.Facts(g.Context(), g.f.Account, chat, 1, 1000)
	require.NoError(g, err)
	kinds := make([]domain.FactKind, len(facts))
	for i, f := range facts {
		require.EqualValues(g, i+1, f.Seq, "a gap in the facts")
		kinds[i] = f.Kind
	}
	_, seq := g.standing(chat)
	require.EqualValues(g, len(facts), seq)
	return kinds
}

// said gives the texts of a side and kind in the chat.
func (g stage) said(chat domain.ChatID, kind domain.Kind) []string {
	g.Helper()
	page, err := g.s.Messages(g.Context(), g.f.Supervisor, chat, domain.MessageQuery{})
	require.NoError(g, err)
	var texts []string
	for _, m := range page.Items {
		if m.Side == domain.SideSystem && m.Kind == kind {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

func (g stage) customer(chat domain.ChatID) domain.CustomerID {
	g.Helper()
	return g.view(chat).Customer.ID
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
