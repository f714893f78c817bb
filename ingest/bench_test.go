package ingest_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/embed/static"
	"github.com/askdesk/askdesk/retrieval/local"
)

// service is what one process has open of a data folder.
type service struct {
	store    *state.Store
	index    *local.Index
	pipeline *ingest.Pipeline
}

func openService(tb testing.TB, data string, embedder kb.Embedder) *service {
	tb.Helper()
	s, err := newService(tb.Context(), data, embedder)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.close()) })
	return s
}

// english are the whole words of the word pieces, which come by falling frequency.
var english = sync.OnceValue(func() []string {
	data, err := os.ReadFile("../internal/text/wordpiece.txt")
	if err != nil {
		panic(err)
	}
	return slices.DeleteFunc(strings.Fields(string(data)), func(w string) bool {
		return strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" || len(w) == 1 && w != "a"
	})
})

// prose is text of about n words, the same for the same seed. The n-th most
// frequent word is 1/n as frequent as the first.
func prose(rnd *rand.Rand, n int) string {
	words := english()
	zipf := rand.NewZipf(rnd, 1.07, 4, uint64(len(words)-1))
	var b strings.Builder
	for i := range n {
		b.WriteString(words[zipf.Uint64()])
		switch {
		case i%60 == 59:
			fmt.Fprintf(&b, ".\n\n## Section %d\n\n", rnd.IntN(1000))
		case i%12 == 11:
			b.WriteString(". ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// fill writes files of Markdown into a new folder named docs below dir.
func fill(tb testing.TB, dir string, files, words int) string {
	tb.Helper()
	docs := filepath.Join(dir, "docs")
	for i := range files {
		sub := filepath.Join(docs, fmt.Sprintf("part-%d", i%7))
		require.NoError(tb, os.MkdirAll(sub, 0o755))
		text := fmt.Sprintf("# Page %d\n\n%s", i, prose(rand.New(rand.NewPCG(uint64(i), 1)), words))
		require.NoError(tb, os.WriteFile(filepath.Join(sub, fmt.Sprintf("page-%04d.md", i)), []byte(text), 0o644))
	}
	return docs
}

// BenchmarkIngest is the whole way from files to a durable index, with the built-in
// embedder and without one; Unchanged is the second run.
func BenchmarkIngest(b *testing.B) {
	docs := fill(b, b.TempDir(), 400, 1200)
	ingestAll := func(b *testing.B, s *service) ingest.Report {
		targets, err := ingest.Targets(b.Context(), s.store, "default", "", []string{docs})
		require.NoError(b, err)
		r, err := s.pipeline.Run(b.Context(), ingest.Request{KB: "default", Target: targets[0]})
		require.NoError(b, err)
		require.Zero(b, r.Counts.Failed)
		return r
	}
	for name, embedder := range map[string]kb.Embedder{"Words": nil, "Embedded": static.New()} {
		b.Run("New/"+name, func(b *testing.B) {
			chunks := 0
			for b.Loop() {
				b.StopTimer()
				s := openService(b, b.TempDir(), embedder)
				b.StartTimer()
				chunks += ingestAll(b, s).Counts.Chunks
			}
			b.ReportMetric(float64(chunks)/b.Elapsed().Seconds(), "chunks/s")
		})
	}
	b.Run("Unchanged", func(b *testing.B) {
		s := openService(b, b.TempDir(), static.New())
		ingestAll(b, s)
		files := 0
		for b.Loop() {
			files += ingestAll(b, s).Counts.Unchanged
		}
		b.ReportMetric(float64(files)/b.Elapsed().Seconds(), "files/s")
	})
}
