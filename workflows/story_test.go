package workflows_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/domain"
	"tandem/routing"
	"tandem/workflows"
)

var start = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

const (
	account    = domain.AccountID("acme")
	chatID     = domain.ChatID("0198c0de-0000-7000-8000-000000000001")
	ada        = domain.UserID("0198c0de-0000-7000-8000-00000000000a")
	supervisor = domain.UserID("0198c0de-0000-7000-8000-00000000000c")
	ben        = domain.UserID("0198c0de-0000-7000-8000-00000000000b")
)

// story is one chat in the test environment, with a ledger in memory behind its activities.
type story struct {
	*testsuite.TestWorkflowEnvironment
	t *testing.T

	mu       sync.Mutex
	loaded   activities.LoadedChat
	facts    map[int64]domain.Fact // what LoadFacts finds
	lastSeq  int64                 // the ledger's counter, for CloseChat
	owner    domain.UserID         // the ledger's owner
	free     *domain.Assigned      // what RequestAgent answers; nil means nobody is free
	asked    []time.Duration       // when agents were asked for, since the start
	closes   []domain.CloseRequest
	released []domain.UserID
	sends    []activities.SendRequest
	ended    []domain.MessageID
	reads    []activities.FactsRequest
	send     func(activities.SendRequest) (activities.SendResult, error)
	standing routing.Standing // what LoadStanding answers
	stood    []time.Duration  // when it was asked, since the start
	fired    []firing
	fire     func(domain.FireRequest) (activities.FiredClock, error)
	posts    []activities.NotifyRequest
	post     func(activities.NotifyRequest) error
	onClose  func(domain.CloseRequest)      // runs before the compare-and-set
	refuse   map[domain.DispositionID]error // what CloseChat refuses
}

// firing is one call of FireClock.
type firing struct {
	at      time.Duration // since the start
	request domain.FireRequest
}

func newStory(t *testing.T, phase domain.Phase, owner domain.UserID, facts ...domain.Fact) *story {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s := &story{t: t, TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), facts: map[int64]domain.Fact{}}
	s.SetStartTime(start)
	s.SetTestTimeout(10 * time.Second)
	s.loaded = activities.LoadedChat{URL: "http://console.test/chats/" + string(chatID), Routed: true, State: domain.ChatState{
		Account: account, Chat: chatID, Phase: phase, Owner: owner, ChannelType: domain.ChannelSMS, ChannelKey: "demo-sms",
		QueueName: "Support", Priority: 5, QueuedAt: start,
	}}
	s.owner = owner
	for _, f := range facts {
		s.loaded.Recent = append(s.loaded.Recent, f)
		s.ledger(f)
		s.loaded.State.LastSeq = f.Seq
	}
	s.register()
	return s
}

// ledger records a fact where LoadFacts and CloseChat see it.
func (s *story) ledger(f domain.Fact) {
	s.facts[f.Seq] = f
	s.lastSeq = max(s.lastSeq, f.Seq)
	if f.Kind == domain.FactAgentAssigned {
		s.owner = f.Agent
	}
}

func (s *story) register() {
	s.RegisterWorkflowWithOptions(workflows.Chat, workflow.RegisterOptions{Name: workflows.NameChat})
	for name, fake := range map[string]any{
		"LoadChat": s.loadChat, "LoadFacts": s.loadFacts, "CloseChat": s.closeChat, "RequestAgent": s.requestAgent,
		"ReleaseAndPickNext": s.release, "SendMessage": s.sendMessage, "EndSend": s.endSend,
		"LoadStanding": s.loadStanding, "FireClock": s.fireClock, "Notify": s.notify,
	} {
		s.RegisterActivityWithOptions(fake, activity.RegisterOptions{Name: name})
	}
}

func (s *story) loadChat(context.Context, activities.ChatRef) (activities.LoadedChat, error) {
	return s.loaded, nil
}

func (s *story) loadFacts(_ context.Context, r activities.FactsRequest) ([]domain.Fact, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads = append(s.reads, r)
	var found []domain.Fact
	for seq := r.From; seq <= s.lastSeq && (r.To == 0 || seq <= r.To); seq++ {
		if f, ok := s.facts[seq]; ok {
			found = append(found, f)
		}
	}
	return found, nil
}

func (s *story) closeChat(_ context.Context, r domain.CloseRequest) (domain.CloseResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if hook := s.onClose; hook != nil {
		s.onClose = nil
		hook(r)
	}
	if err := s.refuse[r.Disposition]; err != nil {
		return domain.CloseResult{}, activities.ToTemporal(err)
	}
	s.closes = append(s.closes, r)
	if r.ExpectSeq != s.lastSeq {
		return domain.CloseResult{Newer: true, LastSeq: s.lastSeq}, nil
	}
	if r.Actor != "" && r.Actor != s.owner && r.Actor != supervisor {
		return domain.CloseResult{}, activities.ToTemporal(domain.E(domain.CodeConflict, "this chat belongs to Ada").Because("not_owner"))
	}
	return domain.CloseResult{Closed: true, LastSeq: s.lastSeq, Agent: s.loaded.State.Owner}, nil
}

func (s *story) requestAgent(context.Context, activities.ChatRef) (domain.Assigned, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, s.Now().Sub(start))
	if s.free == nil {
		return domain.Assigned{Phase: domain.PhaseQueued, Position: 3}, nil
	}
	s.owner = s.free.Agent
	return *s.free, nil
}

func (s *story) release(_ context.Context, r activities.ReleaseRequest) (activities.Released, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.released = append(s.released, r.Agent)
	return activities.Released{}, nil
}

func (s *story) sendMessage(_ context.Context, r activities.SendRequest) (activities.SendResult, error) {
	s.mu.Lock()
	s.sends = append(s.sends, r)
	send := s.send
	s.mu.Unlock()
	if send == nil {
		return activities.SendResult{Status: domain.StatusSent}, nil
	}
	return send(r)
}

func (s *story) endSend(_ context.Context, r activities.SendRequest) (activities.SendResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = append(s.ended, r.Message)
	return activities.SendResult{Status: domain.StatusUnknown, Code: "send_unclear"}, nil
}

func (s *story) loadStanding(context.Context, activities.ChatRef) (activities.LoadedStanding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stood = append(s.stood, s.Now().Sub(start))
	return activities.LoadedStanding{Standing: s.standing, LastSeq: s.lastSeq}, nil
}

func (s *story) fireClock(_ context.Context, r domain.FireRequest) (activities.FiredClock, error) {
	s.mu.Lock()
	s.fired = append(s.fired, firing{at: s.Now().Sub(start).Truncate(time.Second), request: r})
	fire := s.fire
	s.mu.Unlock()
	return fire(r)
}

func (s *story) notify(_ context.Context, r activities.NotifyRequest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts = append(s.posts, r)
	if s.post == nil {
		return nil
	}
	return s.post(r)
}

// at runs a step of the story when so much time has passed.
func (s *story) at(after time.Duration, step func()) { s.RegisterDelayedCallback(step, after) }

// tell signals facts of one kind.
func (s *story) tell(facts ...domain.Fact) {
	for _, f := range facts {
		s.ledger(f)
	}
	s.SignalWorkflow(string(facts[0].Kind), facts)
}

// run plays the story to its end. A story that is still going on after an hour of its own time is cancelled.
func (s *story) run() { s.continued(nil) }

func (s *story) continued(state *workflows.ChatState) {
	s.ExecuteWorkflow(workflows.NameChat, workflows.ChatInput{Account: account, Chat: chatID, State: state})
	require.True(s.t, s.IsWorkflowCompleted())
}

func (s *story) outcome() workflows.ChatOutcome {
	s.t.Helper()
	require.NoError(s.t, s.GetWorkflowError())
	var out workflows.ChatOutcome
	require.NoError(s.t, s.GetWorkflowResult(&out))
	return out
}

func (s *story) view() workflows.ChatView {
	s.t.Helper()
	v, err := s.QueryWorkflow(workflows.View.Name)
	require.NoError(s.t, err)
	var view workflows.ChatView
	require.NoError(s.t, v.Get(&view))
	return view
}

// answer collects what a command got.
type answer struct {
	rejected error
	err      error
	result   *domain.CloseResult
}

func (s *story) dispose(id string, r workflows.CloseChatRequest) *answer {
	a := &answer{}
	s.UpdateWorkflow(workflows.CloseChat.Name, id, &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { a.rejected = err },
		OnComplete: func(result any, err error) {
			a.err = err
			if r, ok := result.(domain.CloseResult); ok && err == nil {
				a.result = &r
			}
		},
	}, r)
	return a
}

func (s *story) disposeBy(actor domain.UserID) *answer {
	return s.dispose("close-1", workflows.CloseChatRequest{Actor: actor, Disposition: "resolved"})
}

func wrote(seq int64) domain.Fact {
	return domain.Fact{Seq: seq, Kind: domain.FactCustomerMessage, ID: fmt.Sprintf("m%d", seq), At: start}
}

func replied(seq int64) domain.Fact {
	return domain.Fact{
		Seq: seq, Kind: domain.FactAgentMessage, ID: fmt.Sprintf("m%d", seq), At: start, Agent: ada, AgentName: "Ada",
		Send: &domain.SendHint{Provider: domain.ProviderTwilio, ChannelType: domain.ChannelSMS},
	}
}

func assigned(seq int64, agent domain.UserID) domain.Fact {
	return domain.Fact{Seq: seq, Kind: domain.FactAgentAssigned, ID: "a1", At: start, Agent: agent, AgentName: "Ada"}
}

func left(seq int64) domain.Fact {
	return domain.Fact{Seq: seq, Kind: domain.FactCustomerLeft, ID: "c", At: start}
}

func adaIsFree() *domain.Assigned {
	return &domain.Assigned{Phase: domain.PhaseActive, Agent: ada, Name: "Ada", Why: "longest idle of Support"}
}

func (s *story) sent() []domain.MessageID {
	var ids []domain.MessageID
	for _, r := range s.sends {
		ids = append(ids, r.Message)
	}
	return ids
}

func requireReason(t *testing.T, err error, reason string) {
	t.Helper()
	e, ok := activities.FromTemporal(err)
	require.True(t, ok, "%v carries no domain error", err)
	require.Equal(t, reason, domain.ReasonOf(e))
}

// continuedState is what a run handed to the next one.
func continuedState(t *testing.T, e *workflow.ContinueAsNewError) *workflows.ChatState {
	t.Helper()
	var in workflows.ChatInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(e.Input, &in))
	require.Equal(t, chatID, in.Chat)
	require.NotNil(t, in.State)
	return in.State
}
