package api_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

func TestASupervisorGivesACustomerTheirOwnAgent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	id := b.chatOf(t, ada, "+12025550142")
	chat, err := b.store.Chat(t.Context(), b.Supervisor, id)
	require.NoError(t, err)
	path := "/api/v1/customers/" + string(chat.Customer.ID) + "/sticky"
	boss := b.as(t, b.Supervisor)

	got := b.call(t, "GET", path, nil, b.as(t, ada))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.JSONEq(t, "null", string(got.body), "having none is no mistake")
	got = b.call(t, "PUT", path, map[string]any{"user_id": ben.User}, boss)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	var pairing domain.Pairing
	got.into(t, &pairing)
	require.Equal(t, ben.User, pairing.User.ID)
	require.Equal(t, domain.PairingSet, pairing.Origin)
	require.Equal(t, b.Supervisor.User, pairing.SetBy.ID)
	got = b.call(t, "GET", path, nil, b.as(t, ada))
	require.Contains(t, string(got.body), ben.Name, "agents see whose customer it is")

	for body, status := range map[string]int{
		`{"user_id":"` + uuid.NewString() + `"}`:     422,
		`{"user_id":"` + string(b.Admin.User) + `"}`: 422, // takes no chats
		`{"user_id":"x"}`:                            422,
		`{}`:                                         422,
	} {
		p := b.call(t, "PUT", path, body, boss).refused(t, status, "invalid")
		require.Contains(t, p.Errors[0].Location, "body", body)
	}
	require.Equal(t, 1, b.count(t, "sticky_pairings"))
	foreign := storetest.Account(t, b.store)
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		var body any
		if method == "PUT" {
			body = map[string]any{"user_id": foreign.Agents[0].User}
		}
		b.call(t, method, path, body, b.as(t, foreign.Supervisor)).refused(t, 404, "unknown_customer")
	}
	require.Equal(t, 204, b.call(t, "DELETE", path, nil, boss).StatusCode)
	require.Equal(t, 204, b.call(t, "DELETE", path, nil, boss).StatusCode, "clearing what is clear")
	require.JSONEq(t, "null", string(b.call(t, "GET", path, nil, boss).body))
}
