package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"tandem/domain"
	"tandem/orchestrator"
)

// told is one signal that got through or was tried.
type told struct {
	chat  domain.ChatID
	kind  domain.FactKind
	facts []int64
}

// fakeEngine is a workflow engine and a ledger's outbox.
type fakeEngine struct {
	mu      sync.Mutex
	signals []told
	acked   []int64
	claims  []domain.ChatFacts
	fail    func(n int, s told) error // n counts tries from 1
	tries   int
	hold    chan struct{} // when set, every signal waits for it
	began   chan struct{}
	ackErr  error
}

func (e *fakeEngine) SignalChat(ctx context.Context, _ domain.AccountID, chat domain.ChatID, kind domain.FactKind, facts []domain.Fact) error {
	s := told{chat: chat, kind: kind}
	for _, f := range facts {
		s.facts = append(s.facts, f.Seq)
	}
	e.mu.Lock()
	e.tries++
	n, hold := e.tries, e.hold
	e.mu.Unlock()
	if e.began != nil {
		e.began <- struct{}{}
	}
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fail != nil {
		if err := e.fail(n, s); err != nil {
			return err
		}
	}
	e.signals = append(e.signals, s)
	return nil
}

func (e *fakeEngine) ClaimFacts(context.Context, int, time.Duration) ([]domain.ChatFacts, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	claims := e.claims
	e.claims = nil
	return claims, nil
}

func (e *fakeEngine) FactsSent(_ context.Context, ids []int64) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ackErr != nil {
		return e.ackErr
	}
	e.acked = append(e.acked, ids...)
	return nil
}

func (e *fakeEngine) OutboxLag(context.Context) (int, time.Time, error) { return 0, time.Time{}, nil }

func (e *fakeEngine) told() []told {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.signals)
}

func (e *fakeEngine) acknowledged() []int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(slices.Values(e.acked))
}

// runningRelay starts a relay that stops with the test. stop may be called earlier to wait for its end.
func runningRelay(t *testing.T, e *fakeEngine, change func(*orchestrator.RelayOptions)) (relay *orchestrator.Relay, stop func()) {
	t.Helper()
	o := orchestrator.RelayOptions{
		Signaler: e, ScanEvery: 5 * time.Millisecond, AckEvery: time.Millisecond, LazyRate: 10_000,
		Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	relay, err := orchestrator.NewRelay(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		relay.Run(ctx, e)
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return relay, stop
}

func of(chat string, kinds ...domain.FactKind) domain.ChatFacts {
	f := domain.ChatFacts{Account: "acme", Chat: domain.ChatID(chat)}
	for i, kind := range kinds {
		f.Facts = append(f.Facts, domain.OutboxFact{
			OutboxID: int64(i + 1), Urgent: kind != domain.FactCustomerMessage, RecordedAt: time.Now(),
			Fact: domain.Fact{Seq: int64(i + 1), Kind: kind},
		})
	}
	return f
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 10*time.Second, time.Millisecond)
}

func TestFactsOfAChatGoInOrderOneSignalForEachRunOfAKind(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{}
	relay, _ := runningRelay(t, e, nil)
	relay.Offer(of("a", domain.FactCustomerMessage, domain.FactCustomerMessage, domain.FactAgentAssigned, domain.FactCustomerMessage))
	eventually(t, func() bool { return len(e.acknowledged()) == 4 })
	require.Equal(t, []told{
		{"a", domain.FactCustomerMessage, []int64{1, 2}}, {"a", domain.FactAgentAssigned, []int64{3}}, {"a", domain.FactCustomerMessage, []int64{4}},
	}, e.told())
	require.Equal(t, []int64{1, 2, 3, 4}, e.acknowledged())
	eventually(t, func() bool { return relay.Pending() == 0 })
}

func TestUrgentFactsFindAFreeWorkerWhileLazyOnesAreSlow(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{hold: make(chan struct{}), began: make(chan struct{}, 100)}
	relay, _ := runningRelay(t, e, func(o *orchestrator.RelayOptions) { o.Workers = 4 })
	for i := range 10 {
		relay.Offer(of(fmt.Sprintf("lazy%d", i), domain.FactCustomerMessage))
	}
	for range 3 {
		<-e.began // three of four workers hang in lazy signals
	}
	relay.Offer(of("urgent", domain.FactAgentMessage))
	<-e.began
	e.mu.Lock()
	require.Equal(t, 4, e.tries)
	e.mu.Unlock()
	close(e.hold)
	eventually(t, func() bool { return len(e.told()) == 11 })
	position := slices.IndexFunc(e.told(), func(s told) bool { return s.chat == "urgent" })
	require.Less(t, position, 4)
}

func TestEngineThatIsDownIsTriedSparinglyAndNothingIsLost(t *testing.T) {
	t.Parallel()
	up := make(chan struct{})
	e := &fakeEngine{fail: func(int, told) error {
		select {
		case <-up:
			return nil
		default:
			return serviceerror.NewUnavailable("down")
		}
	}}
	relay, _ := runningRelay(t, e, func(o *orchestrator.RelayOptions) { o.Workers = 8 })
	for i := range 50 {
		relay.Offer(of(fmt.Sprintf("c%d", i), domain.FactAgentMessage))
	}
	eventually(t, func() bool { e.mu.Lock(); defer e.mu.Unlock(); return e.tries >= 3 })
	close(up)
	eventually(t, func() bool { return len(e.acknowledged()) == 50 })
	e.mu.Lock()
	defer e.mu.Unlock()
	require.Less(t, e.tries, 50+12, "while it was down, only single signals tried")
}

func TestClosedWorkflowCountsAsTold(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{fail: func(int, told) error {
		return serviceerror.NewWorkflowExecutionAlreadyStarted("ended", "", "")
	}}
	relay, _ := runningRelay(t, e, nil)
	relay.Offer(of("a", domain.FactCustomerMessage))
	eventually(t, func() bool { return len(e.acknowledged()) == 1 })
	require.Empty(t, e.told())
}

func TestOneFailingChatHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{fail: func(_ int, s told) error {
		if s.chat == "bad" {
			return serviceerror.NewInvalidArgument("exceeded workflow execution limit for signal events")
		}
		return nil
	}}
	relay, _ := runningRelay(t, e, nil)
	relay.Offer(of("bad", domain.FactAgentMessage, domain.FactCustomerMessage))
	for i := range 20 {
		relay.Offer(of(fmt.Sprintf("c%d", i), domain.FactAgentMessage))
	}
	eventually(t, func() bool { return len(e.acknowledged()) == 20 })
	require.Equal(t, 1, relay.Pending())
}

func TestScanTakesOverWhatNobodyAcknowledged(t *testing.T) {
	t.Parallel()
	metrics := prometheus.NewRegistry()
	e := &fakeEngine{claims: []domain.ChatFacts{of("orphan", domain.FactCustomerMessage)}}
	_, _ = runningRelay(t, e, func(o *orchestrator.RelayOptions) { o.Metrics = metrics })
	eventually(t, func() bool { return len(e.acknowledged()) == 1 })
	families, err := metrics.Gather()
	require.NoError(t, err)
	var names []string
	for _, f := range families {
		names = append(names, f.GetName())
	}
	require.Subset(t, names, []string{"tandem_outbox_unsent", "tandem_outbox_lag_seconds", "tandem_signals_total", "tandem_outbox_reclaimed_total"})
}

func TestAcknowledgementIsRepeatedUntilTheLedgerTakesIt(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{ackErr: errors.New("ledger is down")}
	relay, _ := runningRelay(t, e, nil)
	relay.Offer(of("a", domain.FactAgentMessage))
	eventually(t, func() bool { return len(e.told()) == 1 })
	e.mu.Lock()
	e.ackErr = nil
	e.mu.Unlock()
	eventually(t, func() bool { return len(e.acknowledged()) == 1 })
}

func TestStoppingRelayFlushesWhatIsPaced(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{}
	relay, stop := runningRelay(t, e, func(o *orchestrator.RelayOptions) { o.LazyRate, o.TargetLag = 0.001, time.Hour })
	for i := range 30 {
		relay.Offer(of(fmt.Sprintf("c%d", i), domain.FactCustomerMessage))
	}
	eventually(t, func() bool { return len(e.told()) == 1 })
	require.Equal(t, 29, relay.Pending(), "the others wait for their turn")
	stop()
	require.Len(t, e.acknowledged(), 30)
}

func TestRelayNeverBlocksItsCaller(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{hold: make(chan struct{})}
	relay, _ := runningRelay(t, e, func(o *orchestrator.RelayOptions) { o.MaxChats, o.FlushWithin = 10, time.Millisecond })
	for i := range 1000 {
		relay.Offer(of(fmt.Sprintf("c%d", i), domain.FactAgentMessage))
	}
	require.LessOrEqual(t, relay.Pending(), 10)
	close(e.hold)
}
