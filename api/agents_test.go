package api_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/api"
	"tandem/domain"
	"tandem/store/storetest"
)

func (b *bundle) setStatus(t *testing.T, as domain.Actor, path string, body map[string]any) domain.User {
	t.Helper()
	got := b.call(t, "PUT", path, body, b.as(t, as))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	var user domain.User
	got.into(t, &user)
	return user
}

func agentPath(a domain.Actor) string { return "/api/v1/agents/" + string(a.User) + "/status" }

func TestABreakCanWaitForTheOpenChatsAndIsCancelledByBeingAvailable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	id := b.chatOf(t, ada, "+12025550142")
	booked := map[string]any{"status": "break", "reason": "Lunch", "when": "after_chats"}
	user := b.setStatus(t, ada, "/api/v1/me/status", booked)
	require.Equal(t, domain.Available, user.Status)
	require.Equal(t, domain.OnBreak, user.NextStatus)
	require.Equal(t, "Lunch", user.NextReason)
	later := b.arrive(t, "+12025550143")
	require.Empty(t, b.ownerOf(t, later), "no new chats meanwhile")

	user = b.setStatus(t, ada, "/api/v1/me/status", map[string]any{"status": "available"})
	require.Empty(t, user.NextStatus)
	require.Equal(t, ada.User, b.ownerOf(t, later))

	b.setStatus(t, ada, "/api/v1/me/status", booked)
	for _, chat := range []domain.ChatID{id, later} {
		require.Equal(t, 200, b.call(t, "POST", chatPath(chat)+"/dispose", map[string]any{"disposition_id": b.Disposition}, b.as(t, ada)).StatusCode)
	}
	user = b.statusOf(t, ada)
	require.Equal(t, domain.OnBreak, user.Status, "the last chat is done")
	require.Equal(t, "Lunch", user.StatusReason)
}

func TestABreakAfterThisOneIsBookedByDisposing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	id := b.chatOf(t, ada, "+12025550142")
	got := b.call(t, "POST", chatPath(id)+"/dispose", map[string]any{"disposition_id": b.Disposition, "break_after": "Lunch"}, b.as(t, ada))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.Equal(t, domain.OnBreak, b.statusOf(t, ada).Status)
	require.Equal(t, "Lunch", b.statusOf(t, ada).StatusReason)
}

func TestGoingOfflineKeepsChatsUnlessTheyAreHandedOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	id := b.chatOf(t, ada, "+12025550142")
	require.Equal(t, domain.Offline, b.setStatus(t, ada, "/api/v1/me/status", map[string]any{"status": "offline"}).Status)
	require.Equal(t, ada.User, b.ownerOf(t, id))
	user := b.setStatus(t, b.Supervisor, agentPath(ada), map[string]any{"status": "offline", "hand_over": true, "reason": "end of shift"})
	require.Zero(t, user.OpenChats)
	require.Empty(t, b.ownerOf(t, id))
	require.NotEmpty(t, b.lines(t, id))
}

func TestBadStatesNameTheFieldAndChangeNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	for body, field := range map[string]string{
		`{"status":"asleep"}`:                  "body.status",
		`{}`:                                   "body",
		`{"status":"break","when":"tomorrow"}`: "body.when",
		`{"status":"available","when":"after_chats"}`:                "body.when",
		`{"status":"break","hand_over":true}`:                        "body.hand_over",
		`{"status":"offline","when":"after_chats","hand_over":true}`: "body.hand_over",
		`{"status":"break","reason":"` + longText(201) + `"}`:        "body.reason",
		`{"status":"break","reason":"\u0000"}`:                       "body.reason",
	} {
		for _, path := range []string{"/api/v1/me/status", agentPath(ada)} {
			p := b.call(t, "PUT", path, body, b.as(t, b.Supervisor)).refused(t, 422, "invalid")
			require.Equal(t, field, p.Errors[0].Location, body)
		}
	}
	require.Equal(t, domain.Offline, b.statusOf(t, ada).Status)
	require.Zero(t, b.count(t, "user_status_changes"))
}

func TestTheBoardShowsWhoTakesChatsAndHowFullTheyAre(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	b.chatOf(t, ada, "+12025550142")
	var page domain.Page[domain.User]
	got := b.call(t, "GET", "/api/v1/agents", nil, b.as(t, b.Supervisor))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	got.into(t, &page)
	found := map[domain.UserID]domain.User{}
	for _, user := range page.Items {
		require.NotNil(t, user.ChannelTypes)
		require.NotNil(t, user.QueueIDs)
		found[user.ID] = user
	}
	require.Equal(t, domain.Slots{Used: 1, Cap: storetest.AgentCap}, found[ada.User].Slots)
	require.Contains(t, found, b.Supervisor.User)
	require.NotContains(t, found, b.Admin.User)

	foreign := storetest.Account(t, b.store)
	b.call(t, "PUT", agentPath(ada), map[string]any{"status": "break"}, b.as(t, foreign.Supervisor)).refused(t, 404, "unknown_user")
	b.call(t, "PUT", "/api/v1/agents/"+uuid.NewString()+"/status", map[string]any{"status": "break"}, b.as(t, b.Supervisor)).refused(t, 404, "unknown_user")
	b.call(t, "PUT", "/api/v1/agents/nobody/status", map[string]any{"status": "break"}, b.as(t, b.Supervisor)).refused(t, 404, "unknown_user")
}

func TestIHearWhatToChooseFrom(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var me api.Me
	b.call(t, "GET", "/api/v1/me", nil, b.as(t, b.Agents[0])).into(t, &me)
	require.NotEmpty(t, me.BreakReasons)
	require.NotEmpty(t, me.Zone)
}

func TestAnAgentsChannelsAreSetByAnAdministrator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	path := "/api/v1/settings/users/" + string(ada.User)
	p := b.call(t, "PATCH", path, map[string]any{"channel_types": []string{"fax"}}, b.as(t, b.Admin)).refused(t, 422, "invalid")
	require.Equal(t, "body.channel_types[0]", p.Errors[0].Location)
	got := b.call(t, "PATCH", path, map[string]any{"channel_types": []string{"webchat"}}, b.as(t, b.Admin))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	b.available(t, ada)
	require.Empty(t, b.ownerOf(t, b.arrive(t, "+12025550142")), "she takes no SMS")
	got = b.call(t, "PATCH", path, map[string]any{"channel_types": []string{}}, b.as(t, b.Admin))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.Equal(t, 1, b.count(t, "assignments"), "now she does, and who waited is hers at once")
}
