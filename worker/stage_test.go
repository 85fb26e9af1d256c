package worker_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/domain"
	"tandem/routing"
	"tandem/store"
	"tandem/store/storetest"
	"tandem/worker"
	"tandem/workflows"
)

// stage plays one chat with everything real but time, the provider and other systems: the workflow, the activities as a
// worker has them, the ledger on PostgreSQL, and agents who act through the ledger. The ledger's clock is the workflow's,
// and what the ledger tells reaches the workflow by signal, as the relay does it.
type stage struct {
	*testsuite.TestWorkflowEnvironment

	t     *testing.T
	store *store.Store
	f     storetest.Fixture
	chat  domain.ChatID
	begun time.Time
	// playing is whether the chat's workflow takes signals.
	playing atomic.Bool

	mu    sync.Mutex
	posts []activities.Posting
	sent  []said
	fires []said // the clocks that fired, by kind
	// deaths is how often a worker dies between the ledger's commit of a clock and its report.
	deaths int
}

// clockLedger is the ledger of a worker that may die.
type clockLedger struct {
	*store.Store

	stage *stage
}

// FireClock commits, and then perhaps nobody hears of it.
func (l clockLedger) FireClock(ctx context.Context, r domain.FireRequest) (routing.Fired, error) {
	fired, err := l.Store.FireClock(ctx, r)
	l.stage.mu.Lock()
	defer l.stage.mu.Unlock()
	if err == nil && l.stage.deaths > 0 {
		l.stage.deaths--
		return routing.Fired{}, domain.E(domain.CodeUnavailable, "the worker died")
	}
	return fired, err
}

// said is something at a time since the story's begin.
type said struct {
	at   time.Duration
	text string
}

// phoneOf is the customer of every story.
const phoneOf = "+12025550170"

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, begun: time.Now().UTC().Truncate(time.Minute).Add(time.Minute)}
	s.renew(s.begun)
	s.store = storetest.New(t, func(o *store.Options) {
		o.Now = func() time.Time { return s.Now() }
		o.OnFacts = s.tell
	})
	s.f = storetest.Account(t, s.store)
	s.register()
	return s
}

// renew makes an engine whose clock stands at a moment.
func (s *stage) renew(at time.Time) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s.TestWorkflowEnvironment = suite.NewTestWorkflowEnvironment()
	s.SetStartTime(at)
	s.SetTestTimeout(time.Minute)
}

// register gives the engine what a worker has, with the provider and webhooks played by the stage.
func (s *stage) register() {
	d := worker.Deps{Sweeping: &activities.Sweeping{}}
	var err error
	d.Routing, err = activities.NewRouting(s.store)
	require.NoError(s.t, err)
	d.Clocks, err = activities.NewClocks(clockLedger{s.store, s}, slog.New(slog.DiscardHandler))
	require.NoError(s.t, err)
	d.Chats, err = activities.NewChats(s.store, "http://console.test")
	require.NoError(s.t, err)
	d.Notices, err = activities.NewNotices(s)
	require.NoError(s.t, err)
	d.Sending, err = activities.NewSending(activities.SendingOptions{
		Ledger: s.store, PublicURL: "http://console.test", ReconcileAfter: time.Second, Log: slog.New(slog.DiscardHandler),
		Senders: func(string) (activities.Sender, bool) { return s, true },
		Now:     func() time.Time { return s.Now() },
	})
	require.NoError(s.t, err)
	worker.RegisterChat(s, d)
	worker.RegisterNotices(s, d)
	worker.RegisterSend(s, d)
	s.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, args converter.EncodedValues) {
		var r domain.FireRequest
		if info.ActivityType.Name != "FireClock" || args.Get(&r) != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fires = append(s.fires, said{at: s.since(), text: string(r.Clock.Kind)})
	})
}

// tell is the relay: it hands on what a transaction told about this chat, one signal for each run of one kind.
func (s *stage) tell(c domain.ChatFacts) {
	if c.Chat != s.chat || !s.playing.Load() {
		return
	}
	var run []domain.Fact
	for i, f := range c.Facts {
		run = append(run, f.Fact)
		if i == len(c.Facts)-1 || c.Facts[i+1].Fact.Kind != f.Fact.Kind {
			s.SignalWorkflow(string(f.Fact.Kind), run)
			run = nil
		}
	}
}

func (s *stage) since() time.Duration {
	return s.Now().Sub(s.begun).Truncate(time.Second)
}

// Post plays other systems.
func (s *stage) Post(_ context.Context, p activities.Posting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts = append(s.posts, p)
	return nil
}

// Send plays the provider.
func (s *stage) Send(_ context.Context, out domain.Outgoing, _ string) (domain.Accepted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, said{at: s.since(), text: out.Text})
	return domain.Accepted{ProviderID: "SM" + uuid.NewString(), Status: domain.StatusSent}, nil
}

// Find plays the provider's list of messages.
func (s *stage) Find(context.Context, domain.Outgoing, func(string) bool) (domain.Accepted, bool, error) {
	return domain.Accepted{}, false, nil
}

// must ends the story when a step of it fails.
func must[T any](s *stage) func(T, error) T {
	return func(v T, err error) T {
		s.t.Helper()
		require.NoError(s.t, err)
		return v
	}
}

// at plays a step when so much time of the story has passed.
func (s *stage) at(after time.Duration, step func()) {
	s.RegisterDelayedCallback(step, after-s.Now().Sub(s.begun))
}

// arrives has the customer write for the first time; that is when the story begins.
func (s *stage) arrives() {
	s.t.Helper()
	s.chat = must[domain.Received](s)(s.store.ReceiveMessage(s.t.Context(), s.inbound(phoneOf, "hello"))).Chat
}

func (s *stage) inbound(from, text string) domain.Inbound {
	in := s.f.Inbound(from, text)
	in.ReceivedAt = s.Now()
	return in
}

// writes has the customer write again.
func (s *stage) writes(text string) {
	s.t.Helper()
	must[domain.Received](s)(s.store.ReceiveMessage(s.t.Context(), s.inbound(phoneOf, text)))
}

// leaves has the customer go; on SMS only a silence or the customer's own word can tell, so it is written beneath the api.
func (s *stage) leaves() {
	s.t.Helper()
	visitor := storetest.Value[domain.IdentityID](s.t, s.f, `select identity_id from chats where id = $1`, s.chat)
	require.NoError(s.t, s.store.EndChat(s.t.Context(), s.f.Channel, visitor))
}

func (s *stage) replies(a domain.Actor, text string) {
	s.t.Helper()
	_, _, err := s.store.PostMessage(s.t.Context(), a, s.chat, domain.NewMessage{ClientID: uuid.NewString(), Text: text})
	require.NoError(s.t, err)
}

// play runs the chat's workflow to its end. A story that still goes on after three hours of its own time has lost its way,
// and is cancelled.
func (s *stage) play() domain.Outcome {
	s.t.Helper()
	s.run(workflows.ChatInput{Account: s.f.Account, Chat: s.chat})
	return s.outcome()
}

func (s *stage) run(in workflows.ChatInput) {
	s.playing.Store(true)
	s.RegisterDelayedCallback(s.CancelWorkflow, 3*time.Hour)
	s.ExecuteWorkflow(workflows.NameChat, in)
}

func (s *stage) outcome() domain.Outcome {
	s.t.Helper()
	require.True(s.t, s.IsWorkflowCompleted())
	require.NoError(s.t, s.GetWorkflowError())
	var out workflows.ChatOutcome
	require.NoError(s.t, s.GetWorkflowResult(&out))
	require.Equal(s.t, s.view().Outcome, out.Outcome, "the ledger says what the workflow says")
	return out.Outcome
}

// disposes has the owner dispose of the chat, by the command that the api sends.
func (s *stage) disposes(a domain.Actor) {
	s.disposesWith(workflows.CloseChatRequest{Actor: a.User, Disposition: s.f.Disposition})
}

func (s *stage) disposesWith(r workflows.CloseChatRequest) {
	s.UpdateWorkflow(workflows.CloseChat.Name, uuid.NewString(), &testsuite.TestUpdateCallback{
		OnAccept: func() {}, OnReject: func(err error) { require.NoError(s.t, err) },
		OnComplete: func(_ any, err error) { require.NoError(s.t, err) },
	}, r)
}

// view is the chat as the ledger has it.
func (s *stage) view() domain.ChatView {
	s.t.Helper()
	return must[domain.ChatView](s)(s.store.Chat(s.t.Context(), s.f.Supervisor, s.chat))
}

// with requires that the chat is with an agent; nobody when the zero Actor is given.
func (s *stage) with(a domain.Actor) {
	s.t.Helper()
	v := s.view()
	if a.User == "" {
		require.Nil(s.t, v.Owner, "at %s", s.since())
		return
	}
	require.NotNil(s.t, v.Owner, "at %s: %s", s.since(), strings.Join(s.story(), "; "))
	require.Equal(s.t, a.Name, v.Owner.Name, "at %s", s.since())
}

var nobody domain.Actor

// becomes changes an agent's state.
func (s *stage) becomes(a domain.Actor, status domain.Availability, reason string) {
	s.t.Helper()
	must[domain.User](s)(s.store.SetStatus(s.t.Context(), a, a.User, domain.StatusChange{Status: status, Reason: reason}))
}

func (s *stage) available(agents ...domain.Actor) {
	s.t.Helper()
	for _, a := range agents {
		s.becomes(a, domain.Available, "")
	}
}

// fill gives an agent who has room for one chat another customer's.
func (s *stage) fill(a domain.Actor, phone string) domain.ChatID {
	s.t.Helper()
	_, err := s.f.Pool.Exec(s.t.Context(), `update users set max_chats = 1 where id = $1`, a.User)
	require.NoError(s.t, err)
	chat := must[domain.Received](s)(s.store.ReceiveMessage(s.t.Context(), s.inbound(phone, "hello"))).Chat
	s.available(a)
	must[domain.Assigned](s)(s.store.RequestAgent(s.t.Context(), s.f.Account, chat))
	owner := must[domain.ChatView](s)(s.store.Chat(s.t.Context(), s.f.Supervisor, chat)).Owner
	require.NotNil(s.t, owner)
	require.Equal(s.t, a.User, owner.ID)
	return chat
}

// empty disposes of another customer's chat.
func (s *stage) empty(chat domain.ChatID) {
	s.t.Helper()
	v := must[domain.ChatView](s)(s.store.Chat(s.t.Context(), s.f.Supervisor, chat))
	result := must[domain.CloseResult](s)(s.store.CloseChat(s.t.Context(), domain.CloseRequest{
		Account: s.f.Account, Chat: chat, ExpectSeq: v.LastSeq, Outcome: domain.OutcomeDisposed, Disposition: s.f.Disposition,
	}))
	require.True(s.t, result.Closed)
	must[[]domain.ChatID](s)(s.store.ReleaseAndPickNext(s.t.Context(), s.f.Account, result.Agent))
}

// policy changes the rules of Support.
func (s *stage) policy(change func(*routing.Policy)) {
	s.t.Helper()
	p := routing.DefaultPolicy()
	change(&p)
	_, _, err := s.store.PutQueuePolicy(s.t.Context(), s.f.Admin, s.f.Queue, p, nil)
	require.NoError(s.t, err)
}

func (s *stage) settings(change func(*routing.Settings)) {
	s.t.Helper()
	rules := routing.DefaultSettings()
	change(&rules)
	_, _, err := s.store.PutRoutingSettings(s.t.Context(), s.f.Admin, rules, nil)
	require.NoError(s.t, err)
}

// knows makes an agent the customer's own, as a chat of yesterday would have.
func (s *stage) knows(a domain.Actor) {
	s.t.Helper()
	chat := must[domain.Received](s)(s.store.ReceiveMessage(s.t.Context(), s.inbound(phoneOf, "yesterday"))).Chat
	v := must[domain.ChatView](s)(s.store.Chat(s.t.Context(), s.f.Supervisor, chat))
	must[domain.CloseResult](s)(s.store.CloseChat(s.t.Context(), domain.CloseRequest{
		Account: s.f.Account, Chat: chat, ExpectSeq: v.LastSeq, Outcome: domain.OutcomeAbandoned,
	}))
	must[domain.Pairing](s)(s.store.SetSticky(s.t.Context(), s.f.Supervisor, v.Customer.ID, a.User))
}

// decisions gives what routing decided about the chat, in order.
func (s *stage) decisions() (kinds []domain.StoryKind) {
	s.t.Helper()
	for _, line := range must[domain.RoutingStory](s)(s.store.Routing(s.t.Context(), s.f.Supervisor, s.chat)).Story {
		kinds = append(kinds, line.Kind)
	}
	return kinds
}

func (s *stage) story() (lines []string) {
	s.t.Helper()
	for _, line := range must[domain.RoutingStory](s)(s.store.Routing(s.t.Context(), s.f.Supervisor, s.chat)).Story {
		lines = append(lines, line.Text)
	}
	return lines
}

// decided requires decisions among those taken, in this order.
func (s *stage) decided(want ...domain.StoryKind) {
	s.t.Helper()
	got := s.decisions()
	rest := got
	for _, kind := range want {
		i := slices.Index(rest, kind)
		require.GreaterOrEqual(s.t, i, 0, "%s is missing (or too early) in %v", kind, got)
		rest = rest[i+1:]
	}
}

// clocks gives the clocks that fired, without repeats for the same moment.
func (s *stage) clocks() []said {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Compact(slices.Clone(s.fires))
}

// workflow asks the chat's workflow how it stands.
func (s *stage) workflow() (v workflows.ChatView) {
	s.t.Helper()
	answer, err := s.QueryWorkflow(workflows.View.Name)
	require.NoError(s.t, err)
	require.NoError(s.t, answer.Get(&v))
	return v
}

// agrees requires that workflow and ledger mean the same.
func (s *stage) agrees() {
	s.t.Helper()
	chat, flow := s.view(), s.workflow()
	require.Equal(s.t, chat.Phase, flow.Phase, "at %s", s.since())
	require.Len(s.t, flow.Deadlines, len(chat.Clocks), "at %s", s.since())
	for i, c := range chat.Clocks { // names in What are the ledger's alone
		require.True(s.t, c.Is(flow.Deadlines[i]), "at %s: %v, %v", s.since(), c, flow.Deadlines[i])
	}
	if chat.Owner != nil {
		require.Equal(s.t, chat.Owner.ID, flow.Owner, "at %s", s.since())
	}
}

// continued plays on in the next run of the chain, so much time into the story.
func (s *stage) continued(at time.Duration) domain.Outcome {
	s.t.Helper()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(s.t, s.GetWorkflowError(), &again)
	var in workflows.ChatInput
	require.NoError(s.t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in))
	s.renew(s.begun.Add(at))
	s.register()
	s.run(in)
	return s.outcome()
}
