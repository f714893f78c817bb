package qdrant_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sort"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/embed/static"
	"github.com/askdesk/askdesk/retrieval/local"
	"github.com/askdesk/askdesk/retrieval/qdrant"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/servertest"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

// pair is the same documents in both indexes.
type pair struct {
	local  *local.Index
	qdrant *qdrant.Index
}

// size is how many chunks are compared: those of ASKDESK_QDRANT_CHUNKS, or a few.
func size(tb testing.TB, few int) int {
	n, err := strconv.Atoi(os.Getenv("ASKDESK_QDRANT_CHUNKS"))
	if err != nil {
		return few
	}
	require.Positive(tb, n)
	return n
}

const few = 800 // chunks that are compared where nothing else is said

func version(context.Context, string) (string, error) { return "v1", nil }

// newPair makes both empty. The server's collections go with the test.
func newPair(tb testing.TB, opt qdrant.Options) pair {
	tb.Helper()
	opt.Dir, opt.Version = tb.TempDir(), version
	opt.Prefix = fmt.Sprintf("pair-%d", time.Now().UnixNano())
	x, err := qdrant.Open(tb.Context(), opt)
	require.NoError(tb, err)
	y, err := local.Open(tb.Context(), local.Options{Dir: tb.TempDir(), Version: version})
	require.NoError(tb, err)
	tb.Cleanup(func() {
		require.NoError(tb, x.Keep(context.WithoutCancel(tb.Context()), living()))
		require.NoError(tb, x.Close())
		require.NoError(tb, y.Close())
	})
	return pair{y, x}
}

func (p pair) replace(tb testing.TB, entries []kb.Entry) {
	tb.Helper()
	for batch := range slices.Chunk(entries, 32) {
		require.NoError(tb, p.local.Replace(tb.Context(), retrievaltest.CorpusBase, batch))
		require.NoError(tb, p.qdrant.Replace(tb.Context(), retrievaltest.CorpusBase, batch))
	}
}

func documents(c *retrievaltest.Corpus, chunks int) (entries []kb.Entry) {
	for n := range chunks / retrievaltest.CorpusChunks {
		entries = append(entries, c.Entry(n, true))
	}
	return entries
}

// agreement is how alike two indexes answer.
type agreement struct {
	questions, equal int     // whose first ten passages are the same in order
	overlap          float64 // mean share of one's ten that the other has too
	apart            float64 // most that the relevance of one passage differs
}

func (p pair) compare(tb testing.TB, c *retrievaltest.Corpus, questions int) (a agreement) {
	tb.Helper()
	table := static.New()
	opt := retrieval.Options{Embedders: retrieval.Embedding{Embedder: table, Compare: table}, Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }}
	one, two := retrieval.New(p.local, opt), retrieval.New(p.qdrant, opt)
	for range questions {
		s := kb.Search{KBs: []string{retrievaltest.CorpusBase}, Text: "How do I " + c.Words(8) + "?", Audience: kb.Agent, Limit: 10}
		want, err := one.Retrieve(tb.Context(), s)
		require.NoError(tb, err)
		got, err := two.Retrieve(tb.Context(), s)
		require.NoError(tb, err)
		a.add(want.Passages, got.Passages)
	}
	a.overlap /= float64(a.questions)
	return a
}

func (a *agreement) add(want, got []kb.Passage) {
	a.questions++
	relevance := map[string]float64{}
	for _, p := range want {
		relevance[p.Chunks[0]] = p.Relevance
	}
	same, common := len(want) == len(got), 0
	for i, p := range got {
		if r, ok := relevance[p.Chunks[0]]; ok {
			common++
			a.apart = max(a.apart, r-p.Relevance, p.Relevance-r)
		}
		same = same && slices.Equal(p.Chunks, want[i].Chunks)
	}
	if same {
		a.equal++
	}
	a.overlap += float64(common) / float64(max(len(want), 1))
}

// The same documents are found alike in both indexes, also after a third of them was
// changed or deleted.
func TestParityAtScale(t *testing.T) {
	p := newPair(t, qdrant.Options{Points: points.Options{Address: servertest.Address(t)}, Exact: true})
	c := retrievaltest.NewCorpus(7)
	entries := documents(c, size(t, few))
	p.replace(t, entries)
	questions := 60
	if len(entries)*retrievaltest.CorpusChunks > few {
		questions = 500
	}
	check := func(when string) {
		a := p.compare(t, c, questions)
		t.Logf("%s: %d of %d lists are equal, overlap %.4f, relevance apart %.1e", when, a.equal, a.questions, a.overlap, a.apart)
		require.GreaterOrEqual(t, float64(a.equal), .99*float64(questions), when)
		require.Less(t, a.apart, 1e-4, when)
	}
	check("as ingested")
	var changed []kb.Entry
	var gone []string
	for n := 0; n < len(entries); n += 3 {
		if n%2 == 0 {
			changed = append(changed, c.Entry(n, true))
		} else {
			gone = append(gone, entries[n].Document.ID)
		}
	}
	p.replace(t, changed)
	require.NoError(t, p.local.Delete(t.Context(), retrievaltest.CorpusBase, gone))
	require.NoError(t, p.qdrant.Delete(t.Context(), retrievaltest.CorpusBase, gone))
	check("after a third was changed or deleted")
}

// BenchmarkQdrant measures both indexes in one run, at ASKDESK_QDRANT_CHUNKS chunks
// (10,000 if it is not set): each question is asked of one, then of the other.
func BenchmarkQdrant(b *testing.B) {
	address := servertest.Address(b)
	for _, quantized := range []bool{false, true} {
		b.Run(fmt.Sprintf("quantized=%t", quantized), func(b *testing.B) {
			p := newPair(b, qdrant.Options{Points: points.Options{Address: address}, Quantized: quantized})
			c := retrievaltest.NewCorpus(7)
			entries := documents(c, size(b, 10_000))
			began := time.Now()
			for batch := range slices.Chunk(entries, 128) {
				require.NoError(b, p.qdrant.Replace(b.Context(), retrievaltest.CorpusBase, batch))
			}
			rate := float64(len(entries)*retrievaltest.CorpusChunks) / time.Since(began).Seconds()
			for batch := range slices.Chunk(entries, 128) {
				require.NoError(b, p.local.Replace(b.Context(), retrievaltest.CorpusBase, batch))
			}
			require.NoError(b, p.qdrant.Settle(b.Context(), retrievaltest.CorpusBase))
			var times [2][]time.Duration
			for b.Loop() {
				q := kb.Query{KB: retrievaltest.CorpusBase, Text: "How do I " + c.Words(8) + "?", Audience: kb.Agent, AsOf: time.Now(), Depth: 100, Model: static.New().Model()}
				q.Vector = retrievaltest.Vectors(q.Text)[0]
				for i, x := range []retrieval.Index{p.local, p.qdrant} {
					at := time.Now()
					_, err := x.Search(b.Context(), q)
					times[i] = append(times[i], time.Since(at))
					require.NoError(b, err)
				}
			}
			for i, name := range []string{"local", "qdrant"} {
				b.ReportMetric(quantile(times[i], .5), name+"-p50-ms")
				b.ReportMetric(quantile(times[i], .99), name+"-p99-ms")
			}
			a := p.compare(b, c, 200)
			b.ReportMetric(a.overlap, "overlap")
			b.ReportMetric(rate, "chunks/s")
		})
	}
}

func quantile(times []time.Duration, q float64) float64 {
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	return float64(times[int(q*float64(len(times)-1))].Microseconds()) / 1000
}
