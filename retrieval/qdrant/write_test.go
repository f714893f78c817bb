package qdrant_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

// BenchmarkReplace measures writing alone, ASKDESK_QDRANT_CHUNKS chunks (10,000 if it
// is not set) by 128 documents: the first time, again as they are, and all changed.
func BenchmarkReplace(b *testing.B) {
	c := retrievaltest.NewCorpus(7)
	n := size(b, 10_000)
	first, second := documents(c, n), documents(c, n)
	for name, address := range map[string]string{"memory": pointstest.Start(b).Address(), "server": os.Getenv("ASKDESK_TEST_QDRANT")} {
		b.Run(name, func(b *testing.B) {
			if address == "" || address == "required" {
				b.Skip("needs a Qdrant: set ASKDESK_TEST_QDRANT to host:port of its gRPC")
			}
			for range b.N {
				opt := qdrant.Options{Dir: b.TempDir(), Version: version, Prefix: fmt.Sprintf("replace-%d", time.Now().UnixNano()), Points: points.Options{Address: address}}
				x, err := qdrant.Open(b.Context(), opt)
				require.NoError(b, err)
				for _, step := range []struct {
					name    string
					entries []kb.Entry
				}{{"first", first}, {"same", first}, {"changed", second}} {
					began := time.Now()
					for batch := range slices.Chunk(step.entries, 128) {
						require.NoError(b, x.Replace(b.Context(), retrievaltest.CorpusBase, batch))
					}
					b.ReportMetric(float64(n)/time.Since(began).Seconds(), step.name+"/s")
				}
				require.NoError(b, x.Keep(b.Context(), nil))
				require.NoError(b, x.Close())
			}
		})
	}
}
