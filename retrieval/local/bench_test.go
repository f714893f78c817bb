package local_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/embed/static"
	"github.com/askdesk/askdesk/retrieval/local"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

const benchChunks = 100_000

var embedder = static.New()

func fill(tb testing.TB, c *retrievaltest.Corpus, x *local.Index, chunks int, vectors bool) {
	var batch []kb.Entry
	for n := range chunks / retrievaltest.CorpusChunks {
		batch = append(batch, c.Entry(n, vectors))
		if len(batch) == 64 || n == chunks/retrievaltest.CorpusChunks-1 {
			require.NoError(tb, x.Replace(context.Background(), "bench", batch))
			batch = batch[:0]
		}
	}
}

var bench = versions{"bench": "v1"}

// keepDir names a folder that keeps the large index from run to run.
const keepDir = "ASKDESK_BENCH_DIR"

// large is the folder of an index of benchChunks chunks with vectors.
var large = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv(keepDir); dir != "" {
		return dir, nil
	}
	return os.MkdirTemp("", "askdesk-bench-")
})

var filled sync.Once

func largeIndex(b *testing.B) string {
	dir, err := large()
	require.NoError(b, err)
	filled.Do(func() {
		if _, err := os.Stat(filepath.Join(dir, "bench")); err == nil {
			return
		}
		x := open(b, dir, bench)
		fill(b, retrievaltest.NewCorpus(1), x, benchChunks, true)
		require.NoError(b, x.Close())
	})
	return dir
}

// BenchmarkSearch measures the legs alone, which is what memory and processors
// do, and the whole of a search, which also reads what they found from the file.
func BenchmarkSearch(b *testing.B) {
	dir := largeIndex(b)
	x := open(b, dir, bench)
	require.NoError(b, x.Load(b.Context(), "bench"))
	legs := func(q kb.Query) (int, error) { return x.Legs(b.Context(), q) }
	whole := func(q kb.Query) (int, error) {
		found, err := x.Search(b.Context(), q)
		return len(found.List), err
	}
	for _, dense := range []bool{false, true} {
		for _, filter := range []bool{false, true} {
			name := fmt.Sprintf("dense=%t/filter=%t", dense, filter)
			b.Run("legs/"+name, func(b *testing.B) { searching(b, dense, filter, legs) })
			b.Run("whole/"+name, func(b *testing.B) { searching(b, dense, filter, whole) })
		}
	}
}

// benchQueries are more than a benchmark asks, so that none is asked twice.
const benchQueries = 1000

func searching(b *testing.B, dense, filter bool, search func(kb.Query) (int, error)) {
	c := retrievaltest.NewCorpus(2)
	queries := make([]kb.Query, benchQueries)
	for i := range queries {
		q := kb.Query{KB: "bench", Text: "how do I " + c.Words(8), Audience: kb.Public, AsOf: time.Now(), Depth: 100}
		if dense {
			q.Vector, q.Model = retrievaltest.Vectors(q.Text)[0], embedder.Model()
		}
		if filter {
			q.Filter.Product = []string{"p1", "p2"}
		}
		queries[i] = q
	}
	runtime.GC()
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		n, err := search(queries[len(took)%len(queries)])
		took = append(took, time.Since(start))
		require.NoError(b, err)
		require.Positive(b, n)
	}
	report(b, took)
}

// BenchmarkRetrieve measures all that happens between a question and its passages.
func BenchmarkRetrieve(b *testing.B) {
	x := open(b, largeIndex(b), bench)
	require.NoError(b, x.Load(b.Context(), "bench"))
	r := retriever(x)
	c := retrievaltest.NewCorpus(4)
	questions := make([]string, benchQueries)
	for i := range questions {
		questions[i] = "How do I " + c.Words(8) + "?"
	}
	runtime.GC()
	var took []time.Duration
	stages := map[string]time.Duration{}
	for b.Loop() {
		start := time.Now()
		found, err := r.Retrieve(b.Context(), kb.Search{KBs: []string{"bench"}, Text: questions[len(took)%len(questions)]})
		took = append(took, time.Since(start))
		require.NoError(b, err)
		require.Len(b, found.Passages, 5)
		for _, t := range found.Timings {
			stages[t.Stage] += t.Duration
		}
	}
	report(b, took)
	b.ReportMetric(rss(), "RSS-MB")
	for stage, sum := range stages {
		b.ReportMetric(float64(sum.Microseconds())/1000/float64(len(took)), stage+"-ms")
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := largeIndex(b)
	for b.Loop() {
		x, err := local.Open(b.Context(), local.Options{Dir: dir, Version: bench.version})
		require.NoError(b, err)
		require.NoError(b, x.Load(b.Context(), "bench"))
		require.NoError(b, x.Close())
	}
}

func BenchmarkMemory(b *testing.B) {
	dir := largeIndex(b)
	for b.Loop() {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		x := open(b, dir, bench)
		require.NoError(b, x.Load(b.Context(), "bench"))
		runtime.GC()
		runtime.ReadMemStats(&after)
		debug.FreeOSMemory()
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "heap-MB")
		b.ReportMetric(rss(), "RSS-MB")
		info, err := os.Stat(filepath.Join(dir, "bench", "v1.db"))
		require.NoError(b, err)
		b.ReportMetric(float64(info.Size())/1e6, "disk-MB")
		require.NoError(b, x.Close())
	}
}

// rss is the resident memory of the process in MB, 0 where the system doesn't tell.
func rss() float64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	if err != nil {
		return 0
	}
	return float64(pages) * float64(os.Getpagesize()) / 1e6
}

func BenchmarkIngest(b *testing.B) {
	for _, vectors := range []bool{false, true} {
		b.Run(fmt.Sprintf("dense=%t", vectors), func(b *testing.B) {
			const chunks = 20_000
			for b.Loop() {
				b.StopTimer()
				dir := b.TempDir()
				x := open(b, dir, bench)
				c := retrievaltest.NewCorpus(3)
				var batches [][]kb.Entry
				for n := range chunks / retrievaltest.CorpusChunks {
					if n%64 == 0 {
						batches = append(batches, nil)
					}
					batches[len(batches)-1] = append(batches[len(batches)-1], c.Entry(n, vectors))
				}
				b.StartTimer()
				for _, batch := range batches {
					require.NoError(b, x.Replace(b.Context(), "bench", batch))
				}
			}
			b.ReportMetric(float64(chunks*b.N)/b.Elapsed().Seconds(), "chunks/s")
		})
	}
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/20].Microseconds())/1000, "p5-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
