// Package metrics counts what the service does, for Prometheus. No label holds
// anything a person wrote.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/askdesk/askdesk/kb"
)

// Metrics are the service's own; nothing is registered globally.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	live      prometheus.Gauge
	answers   *prometheus.CounterVec
	fallbacks prometheus.Counter
	tokens    *prometheus.CounterVec
	documents *prometheus.CounterVec
}

// New makes an empty set.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askdesk_http_requests_total", Help: "HTTP requests by route, method and status.",
		}, []string{"route", "method", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "askdesk_http_request_duration_seconds", Help: "Time to the end of the response.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}, []string{"route"}),
		live: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "askdesk_answers_in_progress", Help: "Answers being written now.",
		}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askdesk_answers_total", Help: "Answers by band.",
		}, []string{"band"}),
		fallbacks: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "askdesk_model_fallbacks_total", Help: "Answers that the extractive writer took over from a model.",
		}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askdesk_model_tokens_total", Help: "Tokens as model servers report them.",
		}, []string{"kind"}),
		documents: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askdesk_ingest_documents_total", Help: "Documents that came through the API, by how far they came.",
		}, []string{"status"}),
	}
	m.registry.MustRegister(m.requests, m.durations, m.live, m.answers, m.fallbacks, m.tokens, m.documents,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics. Whoever serves it compresses them, and once is
// enough.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true})
}

// Request counts a finished request. Route is the pattern, never the address.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(route).Observe(took.Seconds())
}

// Answering counts an answer in progress until done is called.
func (m *Metrics) Answering() (done func()) {
	m.live.Inc()
	return m.live.Dec
}

// Answered counts a finished answer.
func (m *Metrics) Answered(band string, promptTokens, completionTokens int, fellBack bool) {
	m.answers.WithLabelValues(band).Inc()
	m.tokens.WithLabelValues("prompt").Add(float64(promptTokens))
	m.tokens.WithLabelValues("completion").Add(float64(completionTokens))
	if fellBack {
		m.fallbacks.Inc()
	}
}

// Holds shows how many documents and chunks can be searched, as count says when
// the metrics are read; while it fails they are left out.
func (m *Metrics) Holds(count func() (documents, chunks int, err error)) {
	m.registry.MustRegister(holds{count})
}

type holds struct {
	count func() (documents, chunks int, err error)
}

func describe(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }

// Describe implements prometheus.Collector.
func (h holds) Describe(ch chan<- *prometheus.Desc) {
	ch <- describe("askdesk_documents", "Documents that can be searched.")
	ch <- describe("askdesk_chunks", "Chunks that can be searched.")
}

// Collect implements prometheus.Collector.
func (h holds) Collect(ch chan<- prometheus.Metric) {
	documents, chunks, err := h.count()
	if err != nil {
		return
	}
	ch <- prometheus.MustNewConstMetric(describe("askdesk_documents", "Documents that can be searched."), prometheus.GaugeValue, float64(documents))
	ch <- prometheus.MustNewConstMetric(describe("askdesk_chunks", "Chunks that can be searched."), prometheus.GaugeValue, float64(chunks))
}

// Document counts a document that reached a status.
func (m *Metrics) Document(status kb.Status) { m.documents.WithLabelValues(string(status)).Inc() }
