package orchestrator

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func facts(chat string, urgent bool, at time.Time, seqs ...int64) domain.ChatFacts {
	f := domain.ChatFacts{Account: "acme", Chat: domain.ChatID(chat)}
	kind := domain.FactCustomerMessage
	if urgent {
		kind = domain.FactAgentMessage
	}
	for _, seq := range seqs {
		f.Facts = append(f.Facts, domain.OutboxFact{
			OutboxID: seq, Urgent: urgent, RecordedAt: at, Fact: domain.Fact{Seq: seq, Kind: kind},
		})
	}
	return f
}

func testQueue() *relayQueue {
	return newRelayQueue(pace{rate: 10, lag: 4 * time.Second}, 1000)
}

func takeNext(t *testing.T, q *relayQueue, now time.Time) *pendingChat {
	t.Helper()
	c, _ := q.next(now, true, false)
	require.NotNil(t, c)
	return c
}

func seqsOf(c *pendingChat) []int64 {
	var seqs []int64
	for _, f := range c.flying {
		seqs = append(seqs, f.Fact.Seq)
	}
	return seqs
}

func TestFirstLazyFactGoesAtOnceAndTheNextAreMergedAndPaced(t *testing.T) {
	t.Parallel()
	q := testQueue()
	q.offer(facts("a", false, noon, 1))
	first := takeNext(t, q, noon)
	require.Equal(t, []int64{1}, seqsOf(first))
	q.offer(facts("b", false, noon, 1))
	q.offer(facts("b", false, noon, 2))
	c, wait := q.next(noon, true, false)
	require.Nil(t, c)
	require.Equal(t, 100*time.Millisecond, wait)
	q.offer(facts("b", false, noon, 3))
	require.Equal(t, []int64{1, 2, 3}, seqsOf(takeNext(t, q, noon.Add(wait))))
}

func TestUrgentOvertakesLazy(t *testing.T) {
	t.Parallel()
	q := testQueue()
	q.offer(facts("a", false, noon, 1))
	q.offer(facts("b", false, noon, 1))
	q.offer(facts("c", true, noon, 1))
	require.EqualValues(t, "c", takeNext(t, q, noon).ref.Chat)
	q.offer(facts("b", true, noon, 2)) // an urgent fact takes the lazy ones before it along
	b := takeNext(t, q, noon)
	require.EqualValues(t, "b", b.ref.Chat)
	require.Equal(t, []int64{1, 2}, seqsOf(b))
	require.EqualValues(t, "a", takeNext(t, q, noon).ref.Chat)
	c, _ := q.next(noon.Add(time.Hour), true, false)
	require.Nil(t, c, "the place that b left in the lazy lane is void")
}

func TestFactsOfferedDuringAChatsTurnWaitForItsEnd(t *testing.T) {
	t.Parallel()
	q := testQueue()
	q.offer(facts("a", true, noon, 1))
	a := takeNext(t, q, noon)
	q.offer(facts("a", true, noon, 1, 3, 2)) // 1 is being told: a scan found it again
	c, _ := q.next(noon, true, false)
	require.Nil(t, c, "one turn of a chat at a time keeps its order")
	q.told(a, nil, noon)
	require.Equal(t, []int64{2, 3}, seqsOf(takeNext(t, q, noon)))
}

func TestFailedChatTriesAgainLater(t *testing.T) {
	t.Parallel()
	q := testQueue()
	q.offer(facts("a", true, noon, 1, 2, 3))
	a := takeNext(t, q, noon)
	q.told(a, a.flying[1:], noon.Add(time.Second))
	q.offer(facts("a", true, noon, 4))
	c, wait := q.next(noon, true, false)
	require.Nil(t, c)
	require.Equal(t, time.Second, wait)
	require.Equal(t, []int64{2, 3, 4}, seqsOf(takeNext(t, q, noon.Add(time.Second))))
}

func TestChatIsForgottenWhenAllIsTold(t *testing.T) {
	t.Parallel()
	q := testQueue()
	for i := range 100 {
		q.offer(facts(fmt.Sprint(i), i%2 == 0, noon, 1))
	}
	for range 100 {
		c, _ := q.next(noon, true, true)
		require.NotNil(t, c)
		q.told(c, nil, noon)
	}
	require.Empty(t, q.chats)
	require.Zero(t, q.lazy)
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	q := newRelayQueue(pace{rate: 10, lag: time.Second}, 2)
	require.True(t, q.offer(facts("a", true, noon, 1)))
	require.True(t, q.offer(facts("b", true, noon, 1)))
	require.False(t, q.offer(facts("c", true, noon, 1)), "its facts wait in the ledger")
	require.True(t, q.offer(facts("a", true, noon, 2)), "a chat that is in may tell more")
}

func TestPace(t *testing.T) {
	t.Parallel()
	p := pace{rate: 40, lag: 4 * time.Second}
	for _, c := range []struct {
		chats int
		last  time.Duration
		want  float64
	}{
		{1, 0, 40}, {160, 0, 40}, {1000, 0, 250}, {800, 800 * time.Millisecond, 250}, {300, 2 * time.Second, 150}, {800, time.Minute, 1000},
	} {
		require.InDelta(t, c.want, p.at(c.chats, c.last), 0.01)
	}
}

// The figure that matters: a thousand chats that each go on without pause. The rate of signals stays far below the rate
// of messages, and no fact waits longer than the brief allows.
func TestLagStaysBoundedUnderLoad(t *testing.T) {
	t.Parallel()
	const messagesPerSecond, chats = 650, 1000
	q := newRelayQueue(pace{rate: 40, lag: 4 * time.Second}, 20_000)
	now, signals, worst, id := noon, 0, time.Duration(0), int64(0)
	for range 60 * messagesPerSecond {
		now = now.Add(time.Second / messagesPerSecond)
		id++
		f := facts(fmt.Sprint((id*7919)%chats), false, now, id)
		q.offer(f)
		for {
			c, _ := q.next(now, true, false)
			if c == nil {
				break
			}
			signals++
			worst = max(worst, now.Sub(c.flying[0].RecordedAt))
			q.told(c, nil, now)
		}
	}
	for now = now.Add(time.Millisecond); q.lazy > 0; now = now.Add(time.Millisecond) {
		if c, _ := q.next(now, true, false); c != nil {
			worst = max(worst, now.Sub(c.flying[0].RecordedAt))
			q.told(c, nil, now)
		}
	}
	require.Less(t, worst, 6*time.Second, "also those that wait when the load has ended")
	require.Less(t, signals, 60*300, "signals per second stay within what the engine carries")
	require.Greater(t, signals, 60*40)
}

func TestLazyFactRestsWhileItsMessageReachesTheScreen(t *testing.T) {
	t.Parallel()
	q := newRelayQueue(pace{settle: 40 * time.Millisecond, rate: 10, lag: 4 * time.Second}, 1000)
	q.offer(facts("lazy", false, noon, 1))
	c, wait := q.next(noon.Add(10*time.Millisecond), true, false)
	require.Nil(t, c)
	require.Equal(t, 30*time.Millisecond, wait)
	q.offer(facts("urgent", true, noon, 1))
	require.Equal(t, domain.ChatID("urgent"), takeNext(t, q, noon.Add(10*time.Millisecond)).ref.Chat, "urgent facts don't rest")
	require.Equal(t, domain.ChatID("lazy"), takeNext(t, q, noon.Add(40*time.Millisecond)).ref.Chat)
}
