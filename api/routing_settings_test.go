package api_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/api"
	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

func (b *bundle) queuePath() string { return "/api/v1/settings/queues/" + string(b.Queue) }

func (b *bundle) details(t *testing.T) api.QueueDetails {
	t.Helper()
	got := b.call(t, "GET", b.queuePath(), nil, b.as(t, b.Supervisor))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.NotContains(t, strings.ReplaceAll(string(got.body), `"hours":null`, ""), "null", "lists are never null")
	var q api.QueueDetails
	got.into(t, &q)
	return q
}

func TestAPolicyIsSetReadBackAndKeptByVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.as(t, b.Admin)
	require.Equal(t, routing.DefaultPolicy().Filled(), b.details(t).Policy)
	policy := map[string]any{
		"strategy": "least_busy", "offer_seconds": 20, "max_waiting": 10,
		"overflow": map[string]any{"action": "close", "text": "We are full."},
		"fallback": []any{
			map[string]any{"after_seconds": 120, "action": "widen", "queues": []any{b.Sales}},
			map[string]any{"after_seconds": 600, "action": "callback", "text": "We'll call you.", "callback_minutes": 60},
		},
		"hours":   map[string]any{"week": []any{[]any{}, []any{map[string]any{"from": "09:00", "to": "17:00"}}, []any{}, []any{}, []any{}, []any{}, []any{}}},
		"silence": []any{map[string]any{"after_seconds": 300, "action": "end"}},
	}
	got := b.call(t, "PUT", b.queuePath()+"/policy", policy, admin)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	q := b.details(t)
	require.Equal(t, 1, q.PolicyVersion)
	require.Equal(t, routing.LeastBusy, q.Policy.Strategy)
	require.Equal(t, []domain.QueueID{b.Sales}, q.Policy.Fallback[0].Queues)
	require.Equal(t, "09:00", q.Policy.Hours.Week[1][0].From)
	require.Equal(t, routing.SilenceEnd, q.Policy.Silence[0].Action)

	got = b.call(t, "PUT", b.queuePath()+"/policy", q.Policy, admin)
	require.Equal(t, 200, got.StatusCode, "what was read can be written back: %s", got.body)
	require.Equal(t, q.Policy, b.details(t).Policy)
	got = b.call(t, "PUT", b.queuePath()+"/policy", routing.Policy{}, admin)
	require.Equal(t, 200, got.StatusCode, "and a policy of nothing, with nulls for lists: %s", got.body)
	require.Equal(t, routing.DefaultPolicy().Filled(), b.details(t).Policy)

	var versions domain.Page[api.PolicyVersion]
	b.call(t, "GET", b.queuePath()+"/policies", nil, b.as(t, b.Supervisor)).into(t, &versions)
	require.Equal(t, routing.LeastBusy, versions.Items[len(versions.Items)-1].Policy.Strategy)
	require.Equal(t, b.Admin.Name, versions.Items[0].Actor.Name)
	require.Greater(t, versions.Items[0].Version, versions.Items[1].Version, "newest first")
}

func TestAnEditFromAnOldVersionIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.as(t, b.Admin)
	b.policy(t, map[string]any{"offer_seconds": 20})
	b.call(t, "PUT", b.queuePath()+"/policy", map[string]any{"version": 0, "offer_seconds": 30}, admin).refused(t, 409, "newer_version")
	require.Equal(t, 20, b.details(t).Policy.OfferSeconds)
	got := b.call(t, "PUT", b.queuePath()+"/policy", map[string]any{"version": 1, "offer_seconds": 30}, admin)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.Equal(t, 30, b.details(t).Policy.OfferSeconds)
}

func TestABadPolicyNamesEveryFieldAndChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.as(t, b.Admin)
	bad := map[string]any{
		"offer_seconds": 1,
		"fallback": []any{
			map[string]any{"after_seconds": 60, "action": "move", "queue": uuid.NewString()},
			map[string]any{"after_seconds": 30, "action": "text"},
		},
		"wrap_up": map[string]any{"seconds": 60, "disposition": uuid.NewString()},
	}
	p := b.call(t, "PUT", b.queuePath()+"/policy", bad, admin).refused(t, 422, "invalid")
	var fields []string
	for _, f := range p.Errors {
		require.NotEmpty(t, f.Message)
		fields = append(fields, f.Location)
	}
	require.Subset(t, fields, []string{
		"body.offer_seconds", "body.fallback[0].queue", "body.fallback[1].after_seconds", "body.fallback[1].text", "body.wrap_up.disposition",
	})
	for body, field := range map[string]string{
		`{"strategy":"loudest"}`:                                "body.strategy",
		`{"fallback":[{"after_seconds":5,"action":"explode"}]}`: "body.fallback[0].action",
		`{"fallback":"none"}`:                                   "body.fallback",
		`{"max_waiting":"many"}`:                                "body.max_waiting",
		`{"max_waiting":-1}`:                                    "body.max_waiting",
		`{"hours":{"week":[]}}`:                                 "body.hours.week",
		`{"offers":1}`:                                          "body.offers",
	} {
		p := b.call(t, "PUT", b.queuePath()+"/policy", body, admin).refused(t, 422, "invalid")
		require.Equal(t, field, p.Errors[0].Location, body)
	}
	foreign := storetest.Account(t, b.store)
	b.call(t, "PUT", b.queuePath()+"/policy", map[string]any{}, b.as(t, foreign.Admin)).refused(t, 404, "unknown_queue")
	b.call(t, "GET", b.queuePath(), nil, b.as(t, foreign.Admin)).refused(t, 404, "unknown_queue")
	b.call(t, "GET", b.queuePath()+"/policies", nil, b.as(t, foreign.Admin)).refused(t, 404, "unknown_queue")
	p = b.call(t, "PUT", b.queuePath()+"/policy", map[string]any{
		"fallback": []any{map[string]any{"after_seconds": 60, "action": "move", "queue": foreign.Queue}},
	}, admin).refused(t, 422, "invalid")
	require.Equal(t, "body.fallback[0].queue", p.Errors[0].Location, "another account's queue is no queue")
	require.Zero(t, b.details(t).PolicyVersion)
	require.Zero(t, b.count(t, "policies"))
}

func TestTheAccountsRulesAreSetAndKeptByVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.as(t, b.Admin)
	var rules api.RoutingSettings
	got := b.call(t, "GET", "/api/v1/settings/routing", nil, admin)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.NotContains(t, string(got.body), "null")
	got.into(t, &rules)
	require.Zero(t, rules.Version)
	require.Equal(t, routing.DefaultSettings(), rules.Settings)

	rules.Caps.PerChannel[domain.ChannelSMS] = 1
	rules.Zone = "Europe/Vienna"
	rules.BreakReasons = []string{"Lunch"}
	got = b.call(t, "PUT", "/api/v1/settings/routing", rules, admin)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	var me api.Me
	b.call(t, "GET", "/api/v1/me", nil, b.as(t, b.Agents[0])).into(t, &me)
	require.Equal(t, []string{"Lunch"}, me.BreakReasons)
	require.Equal(t, "Europe/Vienna", me.Zone)

	b.available(t, b.Agents[0])
	b.arrive(t, "+12025550142")
	require.Empty(t, b.ownerOf(t, b.arrive(t, "+12025550143")), "one SMS chat is all she may have")
	require.Equal(t, "sms cap", b.statusOf(t, b.Agents[0]).Slots.Full)

	b.call(t, "PUT", "/api/v1/settings/routing", rules, admin).refused(t, 409, "newer_version")
	var versions domain.Page[api.RoutingSettingsVersion]
	b.call(t, "GET", "/api/v1/settings/routing/versions", nil, admin).into(t, &versions)
	require.Equal(t, "Europe/Vienna", versions.Items[0].Settings.Zone)
	require.Equal(t, b.Admin.User, versions.Items[0].Actor.ID)
}

func TestBadRulesNameTheFieldAndChangeNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.as(t, b.Admin)
	for field, spoil := range map[string]func(*routing.Settings){
		"body.presence.grace_seconds":  func(s *routing.Settings) { s.Presence.GraceSeconds = 1 },
		"body.transfer.accept_seconds": func(s *routing.Settings) { s.Transfer.AcceptSeconds = 0 },
		"body.caps.per_agent":          func(s *routing.Settings) { s.Caps.PerAgent = 21 },
		"body.caps.per_channel.fax":    func(s *routing.Settings) { s.Caps.PerChannel["fax"] = 1 },
		"body.zone":                    func(s *routing.Settings) { s.Zone = "Vienna" },
		"body.break_reasons":           func(s *routing.Settings) { s.BreakReasons = nil },
		"body.sticky.wait_seconds":     func(s *routing.Settings) { s.Sticky.WaitSeconds = -1 },
	} {
		rules := routing.DefaultSettings()
		spoil(&rules)
		p := b.call(t, "PUT", "/api/v1/settings/routing", rules.Filled(), admin).refused(t, 422, "invalid")
		require.Equal(t, field, p.Errors[0].Location)
	}
	p := b.call(t, "PUT", "/api/v1/settings/routing", `{"zone":"UTC"}`, admin).refused(t, 422, "invalid")
	require.NotEmpty(t, p.Errors, "a part of the rules would reset the rest")
	require.Zero(t, b.count(t, "policies"))
}

func TestThePreviewExplainsAChainAndWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss := b.as(t, b.Supervisor)
	ask := func(policy map[string]any) api.PolicyPreview {
		got := b.call(t, "POST", "/api/v1/settings/routing/preview", map[string]any{"queue_id": b.Queue, "policy": policy}, boss)
		require.Equal(t, 200, got.StatusCode, string(got.body))
		var preview api.PolicyPreview
		got.into(t, &preview)
		return preview
	}
	preview := ask(map[string]any{"fallback": []any{
		map[string]any{"after_seconds": 120, "action": "widen", "queues": []any{b.Sales}},
		map[string]any{"after_seconds": 600, "action": "callback", "text": "We'll call you.", "callback_minutes": 60},
	}})
	require.Empty(t, preview.Errors)
	require.GreaterOrEqual(t, len(preview.Sentences), 2)
	require.Contains(t, preview.Sentences[len(preview.Sentences)-2]+preview.Sentences[len(preview.Sentences)-1], "Sales")

	preview = ask(map[string]any{"offer_seconds": 1, "fallback": []any{map[string]any{"after_seconds": 5, "action": "move", "queue": b.Queue}}})
	require.Equal(t, "body.policy.offer_seconds", preview.Errors[len(preview.Errors)-1].Location)
	require.Equal(t, "body.policy.fallback[0].queue", preview.Errors[0].Location, "a queue can't move to itself")
	require.Zero(t, b.count(t, "policies"), "nothing is stored")
	p := b.call(t, "POST", "/api/v1/settings/routing/preview", map[string]any{"queue_id": uuid.NewString(), "policy": map[string]any{}}, boss).refused(t, 422, "invalid")
	require.Equal(t, "body.queue_id", p.Errors[0].Location)
}

func TestMembersHavePriorities(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin, ada, ben := b.as(t, b.Admin), b.Agents[0], b.Agents[1]
	got := b.call(t, "PUT", b.queuePath()+"/members", map[string]any{"members": []any{
		map[string]any{"user_id": ben.User, "priority": 1}, map[string]any{"user_id": ada.User},
	}}, admin)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.ElementsMatch(t, []domain.Member{{User: ben.User, Priority: 1}, {User: ada.User, Priority: 5}}, b.details(t).Members)
	b.available(t, ada)
	b.available(t, ben)
	require.Equal(t, ben.User, b.ownerOf(t, b.arrive(t, "+12025550142")), "he is served first although she has been idle for longer")

	for body, field := range map[string]string{
		`{}`: "body.members",
		`{"members":[{"user_id":"` + string(ada.User) + `","priority":10}]}`: "body.members[0].priority",
		`{"members":[{"user_id":"ada"}]}`:                                    "body.members[0].user_id",
		`{"user_ids":["` + uuid.NewString() + `"]}`:                          "body.user_ids",
	} {
		p := b.call(t, "PUT", b.queuePath()+"/members", body, admin).refused(t, 422, "invalid")
		require.Equal(t, field, p.Errors[0].Location, body)
	}
	require.Len(t, b.details(t).Members, 2)
}
