package bench

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// opsSample is what the product's operations listener says at one moment.
type opsSample struct {
	lag    float64 // seconds, of the oldest fact no workflow has been told yet
	unsent float64 // facts no workflow has been told yet
	pid    int
}

func scrape(ctx context.Context, client *http.Client, opsURL string) (opsSample, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(opsURL, "/")+"/metrics", nil)
	if err != nil {
		return opsSample{}, fmt.Errorf("making the metrics request: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return opsSample{}, fmt.Errorf("reading the metrics: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return opsSample{}, fmt.Errorf("reading the metrics: HTTP %d", res.StatusCode)
	}
	var s opsSample
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.read(lines.Text())
	}
	if err := lines.Err(); err != nil {
		return opsSample{}, fmt.Errorf("reading the metrics: %w", err)
	}
	return s, nil
}

// read takes what it knows from one line of the Prometheus text format.
func (s *opsSample) read(line string) {
	series, value, ok := strings.Cut(line, " ")
	if !ok || strings.HasPrefix(line, "#") {
		return
	}
	switch {
	case series == "tandem_outbox_lag_seconds":
		s.lag = number(value)
	case series == "tandem_outbox_unsent":
		s.unsent = number(value)
	case strings.HasPrefix(series, "tandem_build_info{"):
		if _, rest, found := strings.Cut(line, `pid="`); found {
			digits, _, _ := strings.Cut(rest, `"`)
			s.pid, _ = strconv.Atoi(digits) // anything else is no process of this machine
		}
	}
}

func number(text string) float64 {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0
	}
	return n
}

// monitor samples the workflows' lag while a step runs.
type monitor struct {
	client *http.Client
	opsURL string

	mu        sync.Mutex
	lagMax    float64
	unsentMax float64
	opsErr    error
}

// sampleEvery is how often the lag is looked at; a look costs the machine well under a millisecond.
const sampleEvery = 500 * time.Millisecond

// run samples until ctx ends.
func (m *monitor) run(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.sample(ctx)
		}
	}
}

func (m *monitor) sample(ctx context.Context) {
	s, err := scrape(ctx, m.client, m.opsURL)
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case err == nil:
		m.lagMax, m.unsentMax = max(m.lagMax, s.lag), max(m.unsentMax, s.unsent)
	case ctx.Err() == nil:
		m.opsErr = err
	}
}

// gaugeAge is how old the product's own gauges may be: it looks at the ledger every two seconds.
const gaugeAge = 2500 * time.Millisecond

// caughtUp waits until every fact has reached its workflow and gives how long that took, as exactly as the product's
// gauges tell; ok is false when limit passed.
func (m *monitor) caughtUp(ctx context.Context, limit time.Duration) (took time.Duration, ok bool) {
	start := time.Now()
	zeroSince := time.Duration(-1)
	for time.Since(start) < limit {
		s, err := scrape(ctx, m.client, m.opsURL)
		now := time.Since(start)
		switch {
		case err != nil || s.unsent > 0:
			zeroSince = -1
		case zeroSince < 0:
			zeroSince = now
		}
		if zeroSince >= 0 && now >= gaugeAge {
			return zeroSince, true
		}
		select {
		case <-ctx.Done():
			return now, false
		case <-time.After(sampleEvery / 5):
		}
	}
	return time.Since(start), false
}
