package orchestrator

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// How a signal ended, as metrics tell it apart.
const (
	signalTold   = "told"
	signalClosed = "closed" // the chat's workflow had ended
	signalFailed = "failed"
)

// relayMetrics is what operators watch of a relay.
type relayMetrics struct {
	unsent    prometheus.Gauge
	lag       prometheus.Gauge
	pending   prometheus.Gauge
	signals   *prometheus.CounterVec
	reclaimed prometheus.Counter
	overflow  prometheus.Counter
}

func newRelayMetrics(r prometheus.Registerer) *relayMetrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &relayMetrics{
		unsent:  gauge("tandem_outbox_unsent", "Facts that no process has acknowledged yet."),
		lag:     gauge("tandem_outbox_lag_seconds", "Age of the oldest fact that no process has acknowledged yet."),
		pending: gauge("tandem_relay_pending_chats", "Chats with facts that this process has still to tell."),
		signals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tandem_signals_total", Help: "Signals to chats' workflows, by how they ended.",
		}, []string{"result"}),
		reclaimed: counter("tandem_outbox_reclaimed_total", "Facts taken over because nobody had acknowledged them in time."),
		overflow:  counter("tandem_relay_overflow_total", "Offers left to the ledger because too many chats were pending."),
	}
	for _, result := range []string{signalTold, signalClosed, signalFailed} {
		m.signals.WithLabelValues(result)
	}
	if r != nil {
		r.MustRegister(m.unsent, m.lag, m.pending, m.signals, m.reclaimed, m.overflow)
	}
	return m
}

// measure records how far the workflows are behind.
func (m *relayMetrics) measure(now time.Time, unsent int, oldest time.Time) {
	m.unsent.Set(float64(unsent))
	if unsent == 0 || oldest.IsZero() {
		m.lag.Set(0)
		return
	}
	m.lag.Set(max(0, now.Sub(oldest).Seconds()))
}
