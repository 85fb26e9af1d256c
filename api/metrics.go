package api

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what the api does. A nil *Metrics counts nothing.
type Metrics struct {
	requests *prometheus.HistogramVec
	webhooks *prometheus.CounterVec
	events   prometheus.Counter
	frames   prometheus.Counter
	delivery prometheus.Histogram
	sockets  *prometheus.GaugeVec
	slow     prometheus.Counter
	resyncs  prometheus.Counter
}

// fine are buckets around the budgets of the message path, in seconds.
var fine = []float64{.0005, .001, .002, .003, .005, .0075, .01, .015, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// NewMetrics makes the metrics and registers them.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tandem_http_request_seconds", Help: "Time from a request's first handler to its answer.", Buckets: fine,
		}, []string{"method", "route", "status"}),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tandem_webhooks_total", Help: "Webhooks by provider and outcome (stored, or the reason of the refusal).",
		}, []string{"provider", "outcome"}),
		events: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tandem_events_read_total", Help: "Events read from the ledger.",
		}),
		frames: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tandem_frames_queued_total", Help: "Frames queued for sockets.",
		}),
		delivery: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tandem_event_delivery_seconds", Help: "Time from an event's transaction to its frame being queued.", Buckets: fine,
		}),
		sockets: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tandem_sockets", Help: "Open sockets by kind (console, widget).",
		}, []string{"kind"}),
		slow: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tandem_sockets_slow_closed_total", Help: "Sockets closed because their client read too slowly.",
		}),
		resyncs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tandem_sockets_resync_total", Help: "Sockets told to fetch everything again.",
		}),
	}
	r.MustRegister(m.requests, m.webhooks, m.events, m.frames, m.delivery, m.sockets, m.slow, m.resyncs)
	return m
}

func (m *Metrics) observeRequest(method, route string, status int, took time.Duration) {
	if m != nil {
		m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
	}
}

// countWebhook counts one webhook. The provider is a path segment anybody may invent, so only known ones are labels.
func (m *Metrics) countWebhook(provider, outcome string) {
	if m == nil {
		return
	}
	if outcome == "unknown_channel" {
		provider = "unknown"
	}
	m.webhooks.WithLabelValues(provider, outcome).Inc()
}

func (m *Metrics) countDelivery(took time.Duration, frames int) {
	if m != nil {
		m.events.Inc()
		m.frames.Add(float64(frames))
		m.delivery.Observe(took.Seconds())
	}
}

func (m *Metrics) socketOpened(kind socketKind) {
	if m != nil {
		m.sockets.WithLabelValues(string(kind)).Inc()
	}
}

func (m *Metrics) socketClosed(kind socketKind) {
	if m != nil {
		m.sockets.WithLabelValues(string(kind)).Dec()
	}
}

func (m *Metrics) countSlow() {
	if m != nil {
		m.slow.Inc()
	}
}

func (m *Metrics) countResync() {
	if m != nil {
		m.resyncs.Inc()
	}
}
