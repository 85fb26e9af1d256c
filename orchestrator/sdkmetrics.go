package orchestrator

import (
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// sdkLabels are the tags of the SDK that become labels. Every metric has all of them, empty where the SDK gives none,
// because Prometheus wants one set of labels per name.
var sdkLabels = []string{
	"namespace", "operation", "task_queue", "worker_type", "poller_type", "workflow_type", "activity_type", "failure_reason",
}

// sdkMetrics keeps the SDK's metrics in Prometheus.
type sdkMetrics struct {
	registry prometheus.Registerer
	mu       sync.Mutex
	counters map[string]*prometheus.CounterVec
	gauges   map[string]*prometheus.GaugeVec
	timers   map[string]*prometheus.HistogramVec
}

// taggedMetrics is the SDK's view: the same metrics with tags filled in.
type taggedMetrics struct {
	*sdkMetrics
	tags map[string]string
}

func newSDKMetrics(r prometheus.Registerer) client.MetricsHandler {
	return &taggedMetrics{sdkMetrics: &sdkMetrics{
		registry: r, counters: map[string]*prometheus.CounterVec{}, gauges: map[string]*prometheus.GaugeVec{},
		timers: map[string]*prometheus.HistogramVec{},
	}}
}

// WithTags adds tags.
func (m *taggedMetrics) WithTags(tags map[string]string) client.MetricsHandler {
	all := maps.Clone(m.tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	return &taggedMetrics{sdkMetrics: m.sdkMetrics, tags: all}
}

func (m *taggedMetrics) values() []string {
	values := make([]string, len(sdkLabels))
	for i, label := range sdkLabels {
		values[i] = m.tags[label]
	}
	return values
}

// Counter gives a counter.
func (m *taggedMetrics) Counter(name string) client.MetricsCounter {
	vec := vector(m.sdkMetrics, m.counters, name, func() *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: "Of the Temporal SDK."}, sdkLabels)
	})
	return counter{vec.WithLabelValues(m.values()...)}
}

// Gauge gives a gauge.
func (m *taggedMetrics) Gauge(name string) client.MetricsGauge {
	vec := vector(m.sdkMetrics, m.gauges, name, func() *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: "Of the Temporal SDK."}, sdkLabels)
	})
	return gauge{vec.WithLabelValues(m.values()...)}
}

// Timer gives a timer, kept as a histogram of seconds.
func (m *taggedMetrics) Timer(name string) client.MetricsTimer {
	vec := vector(m.sdkMetrics, m.timers, name, func() *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: name + "_seconds", Help: "Of the Temporal SDK.", Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 12),
		}, sdkLabels)
	})
	return timer{vec.WithLabelValues(m.values()...)}
}

// vector gives the metric of a name, made and registered at its first use. One that another client registered is shared.
func vector[V prometheus.Collector](m *sdkMetrics, known map[string]V, name string, create func() V) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := known[name]; ok {
		return v
	}
	v := create()
	var already prometheus.AlreadyRegisteredError
	if err := m.registry.Register(v); errors.As(err, &already) {
		if shared, ok := already.ExistingCollector.(V); ok {
			v = shared
		}
	}
	known[name] = v
	return v
}

type counter struct{ prometheus.Counter }

// Inc adds to the counter.
func (c counter) Inc(by int64) { c.Add(float64(by)) }

type gauge struct{ prometheus.Gauge }

// Update sets the gauge.
func (g gauge) Update(v float64) { g.Set(v) }

type timer struct{ prometheus.Observer }

// Record adds a duration.
func (t timer) Record(d time.Duration) { t.Observe(d.Seconds()) }
