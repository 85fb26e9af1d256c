package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/api"
)

// place gives the next word about a visitor's place in line.
func (c *client) place(t *testing.T) api.WaitingPosition {
	t.Helper()
	f := c.nextOf(t, "waiting.position")
	require.NotEmpty(t, f.ChatID)
	require.Empty(t, f.Cursor, "it is no event of the log")
	var p api.WaitingPosition
	require.NoError(t, json.Unmarshal(f.Data, &p))
	return p
}

func (b *bundle) write(t *testing.T, s api.WidgetSession, text string) {
	t.Helper()
	got := b.call(t, "POST", b.widget("/messages"), map[string]any{"client_id": text, "text": text}, visitor(s))
	require.Equal(t, 201, got.StatusCode, string(got.body))
}

func TestAWaitingVisitorHearsTheirPlaceAndTheEndOfTheWait(t *testing.T) {
	t.Parallel()
	b := setup(t)
	host := b.serve(t)
	first, second := b.begin(t, map[string]any{}), b.begin(t, map[string]any{})
	screen := dial(t, "ws://"+host+b.widget("/stream")+"?token="+second.Token)
	b.write(t, first, "I am first")
	b.write(t, second, "I am second")
	require.Equal(t, api.WaitingPosition{Position: 2}, screen.place(t), "nobody has ever been served, so nobody can tell how long")
	again := dial(t, "ws://"+host+b.widget("/stream")+"?token="+second.Token)
	require.Equal(t, 2, again.place(t).Position, "a reloaded page is told anew")

	require.Equal(t, 204, b.call(t, "POST", b.widget("/end"), nil, visitor(first)).StatusCode)
	require.Equal(t, 1, screen.place(t).Position)

	b.available(t, b.Agents[0])
	assigned := screen.nextOf(t, "chat.assigned")
	require.Contains(t, string(assigned.Data), b.Agents[0].Name)
	require.NotContains(t, string(assigned.Data), "position", "a customer sees what is theirs only")
}

func TestTheEstimateFollowsHowLongChatsTookOfLate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	_, err := b.Pool.Exec(t.Context(), `update users set max_chats = 1 where id = $1`, ada.User)
	require.NoError(t, err)
	id := b.chatOf(t, ada, "+12025550142")
	require.Equal(t, 200, b.call(t, "POST", chatPath(id)+"/dispose", map[string]any{"disposition_id": b.Disposition}, b.as(t, ada)).StatusCode)
	_, err = b.Pool.Exec(t.Context(), `update assignments set started_at = ended_at - interval '150 seconds'`)
	require.NoError(t, err)
	b.arrive(t, "+12025550143") // takes the only place
	s := b.begin(t, map[string]any{})
	screen := dial(t, "ws://"+b.serve(t)+b.widget("/stream")+"?token="+s.Token)
	b.write(t, s, "hello")
	place := screen.place(t)
	require.Equal(t, 1, place.Position)
	require.NotNil(t, place.EstimatedSeconds)
	require.InDelta(t, 150, *place.EstimatedSeconds, 30)
}

func TestPlacesAreToldWhenTheyChangeAndNotOtherwise(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.begin(t, map[string]any{})
	screen := dial(t, "ws://"+b.serve(t)+b.widget("/stream")+"?token="+s.Token)
	b.write(t, s, "hello")
	require.Equal(t, 1, screen.place(t).Position)
	quiet := time.NewTimer(2500 * time.Millisecond) // more than two rounds
	defer quiet.Stop()
	for {
		select {
		case f := <-screen.frames:
			require.NotEqual(t, "waiting.position", f.Type)
		case <-quiet.C:
			return
		}
	}
}
