package api_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
)

func longText(n int) string { return strings.Repeat("x", n) }

// policy replaces what the account's first queue does with its chats.
func (b *bundle) policy(t *testing.T, p map[string]any) {
	t.Helper()
	if p["strategy"] == nil {
		p["strategy"] = "longest_idle"
	}
	got := b.call(t, "PUT", "/api/v1/settings/queues/"+string(b.Queue)+"/policy", p, b.as(t, b.Admin))
	require.Equal(t, 200, got.StatusCode, string(got.body))
}

// arrive gives a fresh SMS chat and hands out what can be handed out.
func (b *bundle) arrive(t *testing.T, phone string) domain.ChatID {
	t.Helper()
	got, err := b.store.ReceiveMessage(t.Context(), b.Inbound(phone, "hello"))
	require.NoError(t, err)
	_, err = b.store.RequestAgent(t.Context(), b.Account, got.Chat)
	require.NoError(t, err)
	return got.Chat
}

// attempt is a POST by somebody.
type attempt struct {
	path string
	who  with
}

// atOnce sends several requests at the same moment.
func (b *bundle) atOnce(t *testing.T, attempts []attempt) []answer {
	t.Helper()
	answers, failed := make([]answer, len(attempts)), make([]error, len(attempts))
	var all sync.WaitGroup
	for i, try := range attempts {
		r := httptest.NewRequest(http.MethodPost, try.path, nil)
		try.who(r)
		all.Go(func() {
			got, err := b.app.Test(r, -1)
			if err != nil {
				failed[i] = err
				return
			}
			body, err := io.ReadAll(got.Body)
			answers[i], failed[i] = answer{got, body}, errors.Join(err, got.Body.Close())
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(failed...))
	return answers
}

func TestAnOfferShowsUpAndIsAccepted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	b.policy(t, map[string]any{"offer_seconds": 30})
	b.available(t, ada)
	screen := dial(t, streamAt(b.serve(t)), b.as(t, ada))
	require.Equal(t, "hello", screen.next(t).Type)
	id := b.arrive(t, "+12025550142")
	require.Equal(t, string(id), screen.nextOf(t, "chat.offered").ChatID)
	require.Empty(t, b.ownerOf(t, id))
	b.call(t, "POST", chatPath(id)+"/accept", nil, b.as(t, ben)).refused(t, 409, "offer_ended")

	chat := b.command(t, ada, id, "accept", nil)
	require.Equal(t, ada.User, chat.Owner.ID)
	require.Nil(t, chat.Offer)
	p := b.call(t, "POST", chatPath(id)+"/accept", nil, b.as(t, ben)).refused(t, 409, "already_taken")
	require.Contains(t, p.Detail, ada.Name)
	b.call(t, "POST", chatPath(id)+"/decline", nil, b.as(t, ada)).refused(t, 409, "offer_ended")
}

func TestADeclinedOfferGoesToTheNextAgent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	b.policy(t, map[string]any{"offer_seconds": 30})
	b.available(t, ada)
	id := b.arrive(t, "+12025550142")
	b.available(t, ben)
	chat := b.command(t, ada, id, "decline", map[string]any{"reason": "not my language"})
	require.Equal(t, ben.User, chat.Offer.Agent.ID)
	var story domain.RoutingStory
	b.call(t, "GET", chatPath(id)+"/routing", nil, b.as(t, ben)).into(t, &story)
	require.Equal(t, ben.User, story.Offer.Agent.ID)
	kinds := map[domain.StoryKind]string{}
	for _, line := range story.Story {
		require.NotEmpty(t, line.Text)
		require.NotNil(t, line.Considered)
		kinds[line.Kind] = line.Text
	}
	require.Contains(t, kinds, domain.StoryArrived)
	require.Contains(t, kinds, domain.StoryOffered)
	require.Contains(t, kinds[domain.StoryDeclined], "not my language")
	require.NotEmpty(t, story.Clocks, "the offer's time runs")
}

func TestOfTwoAgentsAcceptingAtOnceOneWins(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	id := b.chatOf(t, ada, "+12025550142")
	b.available(t, ben)
	b.command(t, ada, id, "transfer", map[string]any{"user_id": ben.User, "mode": "accept"})

	// The colleague accepts in two tabs while a supervisor takes the chat and the owner gives it back.
	accept, take, requeue := b.as(t, ben), b.as(t, b.Supervisor), b.as(t, ada)
	answers := b.atOnce(t, []attempt{
		{chatPath(id) + "/accept", accept}, {chatPath(id) + "/accept", accept}, {chatPath(id) + "/take", take}, {chatPath(id) + "/requeue", requeue},
	})
	for i, got := range answers {
		require.Contains(t, []int{200, 409}, got.StatusCode, "%d: %s", i, got.body)
		if got.StatusCode == http.StatusConflict {
			got.refused(t, 409, codeOf(t, got))
			require.Contains(t, []string{"already_taken", "offer_ended", "not_owner"}, codeOf(t, got))
		}
	}
	require.Equal(t, 1, b.count(t, "assignments where ended_at is null"))
}

func codeOf(t *testing.T, a answer) string {
	t.Helper()
	var p struct{ Code string }
	a.into(t, &p)
	return p.Code
}

func TestTwoAgentsAcceptOneOffer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	b.policy(t, map[string]any{"offer_seconds": 30})
	b.available(t, ada)
	id := b.arrive(t, "+12025550142")
	one, two := b.as(t, ada), b.as(t, ben)
	var attempts []attempt
	for range 5 {
		attempts = append(attempts, attempt{chatPath(id) + "/accept", one}, attempt{chatPath(id) + "/accept", two})
	}
	for i, got := range b.atOnce(t, attempts) {
		if i%2 == 0 {
			require.Equal(t, 200, got.StatusCode, string(got.body))
		} else {
			require.Equal(t, 409, got.StatusCode, string(got.body))
		}
	}
	b.call(t, "POST", chatPath(id)+"/accept", nil, two).refused(t, 409, "already_taken")
	require.Equal(t, ada.User, b.ownerOf(t, id))
	require.Equal(t, 1, b.count(t, "assignments"))
}
