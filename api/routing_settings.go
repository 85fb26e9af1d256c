package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tandem/domain"
	"tandem/routing"
)

// RoutingSettings is the account's rules of routing with their version.
type RoutingSettings struct {
	routing.Settings
	Version int `json:"version" doc:"Grows with each change; 0 while nothing was ever set"`
}

// RoutingSettingsRequest replaces the account's rules as a whole.
type RoutingSettingsRequest struct {
	routing.Settings
	Version *int `json:"version,omitempty" doc:"The version the change began from. If somebody has changed the rules since, nothing changes and the answer is 409 newer_version."`
}

// RoutingSettingsVersion is the account's rules as they once were.
type RoutingSettingsVersion struct {
	Version  int              `json:"version"`
	At       time.Time        `json:"at"`
	Actor    *domain.UserRef  `json:"actor,omitempty" doc:"Who set them"`
	Settings routing.Settings `json:"settings"`
}

// PolicyDraft is a policy as somebody writes it: what is absent or null isn't there.
type PolicyDraft struct {
	routing.Policy
}

// TransformSchema makes every field of a draft optional.
func (PolicyDraft) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema { return draftOf(s) }

// PolicyRequest replaces a queue's policy as a whole: what is absent or null isn't there.
type PolicyRequest struct {
	routing.Policy
	Version *int `json:"version,omitempty" doc:"The version the change began from. If somebody has changed the policy since, nothing changes and the answer is 409 newer_version."`
}

// TransformSchema makes every field of the request optional.
func (PolicyRequest) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema { return draftOf(s) }

func draftOf(s *huma.Schema) *huma.Schema {
	s.Required = nil
	s.Properties["strategy"].Enum = append([]any{""}, wordsOf(reflect.TypeFor[routing.Strategy]())...)
	return s
}

// PolicyVersion is a queue's policy as it once was; chats that arrived under it still follow it.
type PolicyVersion struct {
	Version int             `json:"version"`
	At      time.Time       `json:"at"`
	Actor   *domain.UserRef `json:"actor,omitempty" doc:"Who set it"`
	Policy  routing.Policy  `json:"policy"`
}

// PreviewRequest asks what a policy would do.
type PreviewRequest struct {
	QueueID  string            `json:"queue_id,omitempty" format:"uuid" doc:"The queue the policy is for"`
	Policy   PolicyDraft       `json:"policy"`
	Settings *routing.Settings `json:"settings,omitempty" doc:"Rules of the account that aren't saved yet; absent means those in force"`
}

// PolicyPreview explains a policy.
type PolicyPreview struct {
	Sentences []string       `json:"sentences" doc:"What happens to a chat, step by step"`
	Errors    []ProblemField `json:"errors" doc:"What would be refused"`
}

type (
	routingSettingsOutput  struct{ Body RoutingSettings }
	routingSettingsInput   struct{ Body RoutingSettingsRequest }
	settingsVersionsOutput struct {
		Body domain.Page[RoutingSettingsVersion]
	}
	policyVersionsOutput struct{ Body domain.Page[PolicyVersion] }
	previewInput         struct{ Body PreviewRequest }
	previewOutput        struct{ Body PolicyPreview }
)

func (s *server) getRoutingSettings(ctx context.Context, _ *struct{}) (*routingSettingsOutput, error) {
	rules, version, err := s.store.RoutingSettings(ctx, actorOf(ctx))
	return &routingSettingsOutput{Body: RoutingSettings{Settings: rules.Filled(), Version: version}}, err
}

func (s *server) putRoutingSettings(ctx context.Context, in *routingSettingsInput) (*routingSettingsOutput, error) {
	rules := in.Body.Filled()
	if err := refused("body.", rules.Validate()); err != nil {
		return nil, err
	}
	rules, version, err := s.store.PutRoutingSettings(ctx, actorOf(ctx), rules, in.Body.Version)
	return &routingSettingsOutput{Body: RoutingSettings{Settings: rules.Filled(), Version: version}}, err
}

func (s *server) listSettingsVersions(ctx context.Context, _ *struct{}) (*settingsVersionsOutput, error) {
	stored, err := s.store.RoutingVersions(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	versions := make([]RoutingSettingsVersion, len(stored))
	for i, v := range stored {
		versions[i] = RoutingSettingsVersion{Version: v.Version, At: v.At, Actor: v.Actor}
		if err := json.Unmarshal(v.Settings, &versions[i].Settings); err != nil {
			return nil, fmt.Errorf("reading version %d of the rules: %w", v.Version, err)
		}
		versions[i].Settings = versions[i].Settings.Filled()
	}
	return &settingsVersionsOutput{Body: wholeList(versions)}, nil
}

func (s *server) listPolicies(ctx context.Context, in *QueuePath) (*policyVersionsOutput, error) {
	id, err := pathID[domain.QueueID]("queue", in.ID)
	if err != nil {
		return nil, err
	}
	stored, err := s.store.QueuePolicies(ctx, actorOf(ctx), id)
	if err != nil {
		return nil, err
	}
	versions := make([]PolicyVersion, len(stored))
	for i, v := range stored {
		versions[i] = PolicyVersion{Version: v.Version, At: v.At, Actor: v.Actor}
		if err := json.Unmarshal(v.Policy, &versions[i].Policy); err != nil {
			return nil, fmt.Errorf("reading version %d of a policy: %w", v.Version, err)
		}
		versions[i].Policy = versions[i].Policy.Filled()
	}
	return &policyVersionsOutput{Body: wholeList(versions)}, nil
}

// preview explains a policy in sentences and lists what would be refused, so that a form can show both while it is
// filled in.
func (s *server) preview(ctx context.Context, in *previewInput) (*previewOutput, error) {
	actor := actorOf(ctx)
	var self domain.QueueID
	if in.Body.QueueID != "" {
		id, err := domain.ParseID[domain.QueueID]("queue_id", in.Body.QueueID)
		if err != nil {
			return nil, err
		}
		self = id
	}
	names, err := s.names(ctx, actor)
	if err != nil {
		return nil, err
	}
	if _, known := names.Queue(self); self != "" && !known {
		return nil, domain.Invalid("queue_id", "there is no such queue")
	}
	policy, answer := in.Body.Policy.Filled(), PolicyPreview{Errors: []ProblemField{}}
	rules := in.Body.Settings
	if rules == nil {
		inForce, _, err := s.store.RoutingSettings(ctx, actor)
		if err != nil {
			return nil, err
		}
		rules = &inForce
	} else {
		answer.Errors = append(answer.Errors, fieldsOf("body.settings.", rules.Validate())...)
	}
	answer.Errors = append(answer.Errors, fieldsOf("body.policy.", policy.Validate(names, self))...)
	answer.Sentences = append([]string{}, routing.Sentences(policy, rules.Filled(), names)...)
	return &previewOutput{Body: answer}, nil
}

// names gives the names of everything a policy may point to.
func (s *server) names(ctx context.Context, actor domain.Actor) (routing.NameTable, error) {
	t := routing.NameTable{
		Queues: map[domain.QueueID]string{}, Users: map[domain.UserID]string{}, Dispositions: map[domain.DispositionID]string{},
	}
	queues, err := s.store.Queues(ctx, actor)
	if err != nil {
		return t, err
	}
	for _, q := range queues {
		t.Queues[q.ID] = q.Name
	}
	users, err := s.store.Users(ctx, actor)
	if err != nil {
		return t, err
	}
	for _, u := range users {
		if u.DisabledAt == nil {
			t.Users[u.ID] = u.Name
		}
	}
	dispositions, err := s.store.Dispositions(ctx, actor, "")
	if err != nil {
		return t, err
	}
	for _, d := range dispositions {
		if !d.Disabled {
			t.Dispositions[d.ID] = d.Name
		}
	}
	return t, nil
}

// refused makes one problem document of everything that is wrong; nil when nothing is.
func refused(prefix string, problems []routing.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	fields := fieldsOf(prefix, problems)
	detail := problems[0].Location + ": " + problems[0].Message
	if more := len(problems) - 1; more > 0 {
		detail += fmt.Sprintf(" (and %d more)", more)
	}
	p := newProblem(http.StatusUnprocessableEntity, string(domain.CodeInvalid), detail)
	p.Errors = fields
	return p
}

func fieldsOf(prefix string, problems []routing.Problem) []ProblemField {
	fields := make([]ProblemField, len(problems))
	for i, p := range problems {
		fields[i] = ProblemField{Location: prefix + p.Location, Message: p.Message}
	}
	return fields
}
