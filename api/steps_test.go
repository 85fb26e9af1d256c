package api_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
)

func TestASupervisorDoesAWaitingChatsNextStepNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	b.policy(t, map[string]any{"fallback": []any{map[string]any{"after_seconds": 600, "action": "move", "queue": b.Sales}}})
	id := b.arrive(t, "+12025550142")
	var waiting domain.ChatView
	b.call(t, "GET", chatPath(id), nil, b.as(t, b.Supervisor)).into(t, &waiting)
	require.Equal(t, routing.ClockStep, waiting.Clocks[0].Kind, "the countdown is on the screen")
	require.Equal(t, 1, waiting.Position)

	chat := b.command(t, b.Supervisor, id, "next-step", nil)
	require.Equal(t, b.Sales, chat.Queue.ID)
	b.call(t, "POST", chatPath(id)+"/next-step", nil, b.as(t, b.Supervisor)).refused(t, 409, "no_next_step")
	b.available(t, ada)
	b.call(t, "POST", chatPath(id)+"/next-step", nil, b.as(t, b.Supervisor)).refused(t, 409, "not_waiting")

	var story domain.RoutingStory
	b.call(t, "GET", chatPath(id)+"/routing", nil, b.as(t, ada)).into(t, &story)
	var kinds []domain.StoryKind
	for _, line := range story.Story {
		kinds = append(kinds, line.Kind)
		if line.Kind == domain.StoryStepForced {
			require.Equal(t, b.Supervisor.User, line.Actor.ID, "the story names who decided")
		}
	}
	require.Contains(t, kinds, domain.StoryStepForced)
	require.Contains(t, kinds, domain.StoryAssigned)
}

func TestEverybodyWhoHadAChatHearsWhereItWent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	id := b.chatOf(t, ada, "+12025550142")
	b.available(t, ben)
	host := b.serve(t)
	hers, his := dial(t, streamAt(host), b.as(t, ada)), dial(t, streamAt(host), b.as(t, ben))
	hers.next(t)
	his.next(t)
	b.command(t, ada, id, "transfer", map[string]any{"user_id": ben.User})
	for name, screen := range map[string]*client{"chat.updated": hers, "chat.assigned": his} {
		var d domain.ChatEventData
		for d.Chat.Owner == nil || d.Chat.Owner.ID != ben.User {
			f := screen.nextOf(t, name)
			require.Equal(t, string(id), f.ChatID)
			require.NoError(t, json.Unmarshal(f.Data, &d))
		}
	}
	boss := dial(t, streamAt(host), b.as(t, b.Supervisor))
	boss.next(t)
	b.command(t, ben, id, "hold", nil)
	var d domain.ChatEventData
	for d.Chat.HeldUntil == nil {
		require.NoError(t, json.Unmarshal(his.nextOf(t, "chat.updated").Data, &d))
	}
	user := boss.agent(t, ben)
	require.Zero(t, user.Slots.Used, "the board shows that his slot is free")
}
