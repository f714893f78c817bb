package qdrant_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	client "github.com/qdrant/go-client/qdrant"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/servertest"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

// Of a document that is new nothing can be left, so nothing is looked for.
func TestOnlyWhatMayBeLeftIsRemoved(t *testing.T) {
	server := pointstest.Start(t)
	x := open(t, options(t, server.Address(), "help"))
	removed := false
	server.Fail(func(method string, _ int) error {
		removed = removed || method == "Points/Delete"
		return nil
	})
	for n, change := range []func() error{
		func() error { return x.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "a", "first", 3)}) },
		func() error {
			return x.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "a", "second", 3), book(t, embedder, "b", "first", 3)})
		},
		func() error {
			return x.Delete(t.Context(), "help", []string{book(t, embedder, "b", "first", 3).Document.ID})
		},
		func() error { return x.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "b", "first", 3)}) },
	} {
		removed = false
		require.NoError(t, change())
		require.Equal(t, []bool{false, true, true, false}[n], removed, "change %d", n)
	}
}

// Parts are on their way together. Where one fails nothing counts, and nothing of the
// others is left in the end.
func TestAPartFails(t *testing.T) {
	server := pointstest.Start(t)
	opt := options(t, server.Address(), "help")
	x := open(t, opt)
	long := []kb.Entry{book(t, embedder, "a", "first", 700), book(t, embedder, "b", "first", 700), book(t, embedder, "nothing", "first", 0)}
	var upserts atomic.Int32
	server.Fail(func(method string, _ int) error {
		if method == "Points/Upsert" && upserts.Add(1) == 3 {
			return pointstest.Crash()
		}
		return nil
	})
	require.Error(t, x.Replace(t.Context(), "help", long))
	server.Fail(nil)
	require.Empty(t, shelf(t, x))
	long[0] = book(t, embedder, "a", "second", 5)
	require.NoError(t, x.Replace(t.Context(), "help", long))
	_, n := stored(t, opt)
	require.Equal(t, 705, n)
	doc, err := x.Document(t.Context(), "help", long[1].Document.ID)
	require.NoError(t, err)
	require.Equal(t, long[1].Document, doc)
	held, err := x.Holds(t.Context(), "help", []string{long[2].Document.ID})
	require.NoError(t, err)
	require.Len(t, held, 1)
}

// BenchmarkReplace measures writing alone: ASKDESK_QDRANT_CHUNKS chunks (10,000 if it
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
				require.NoError(b, x.Keep(b.Context(), living()))
				require.NoError(b, x.Close())
			}
		})
	}
}

// What somebody else wrote into a collection, or damaged there, is left out of answers,
// and mending the index removes it.
func TestStrangePointsCostNothingElse(t *testing.T) {
	t.Run("in memory", func(t *testing.T) { strangePoints(t, pointstest.Start(t).Address(), false) })
	t.Run("Qdrant", func(t *testing.T) { strangePoints(t, servertest.Address(t), true) })
}

// strangePoints has a point with a number as id only where the server takes it.
func strangePoints(t *testing.T, address string, numbers bool) {
	ctx := t.Context()
	opt := options(t, address, "help")
	x := open(t, opt)
	t.Cleanup(func() { require.NoError(t, x.Drop(context.WithoutCancel(ctx), "help")) })
	whole, spoiled := book(t, embedder, "a", "first", 3), book(t, embedder, "b", "first", 2)
	require.NoError(t, x.Replace(ctx, "help", []kb.Entry{whole, spoiled}))

	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	raw, name := client.NewPointsClient(conn), opt.Prefix+".help"
	found, err := raw.Scroll(ctx, &client.ScrollPoints{CollectionName: name, WithPayload: client.NewWithPayload(true), WithVectors: client.NewWithVectors(false)})
	require.NoError(t, err)
	require.Len(t, found.Result, 5)
	of := func(e kb.Entry) *client.RetrievedPoint {
		return found.Result[slices.IndexFunc(found.Result, func(p *client.RetrievedPoint) bool {
			return p.Payload["document"].GetStringValue() == e.Document.ID
		})]
	}
	near := client.NewVectorsMap(map[string]*client.Vector{"dense": client.NewVectorDense(whole.Chunks[0].Vector), "words": client.NewVectorSparse(nil, nil)})
	damaged := of(spoiled)
	damaged.Payload["chunk"] = client.NewValueString("!")
	strange := []*client.PointStruct{
		{Id: damaged.Id, Payload: damaged.Payload, Vectors: near},
		{Id: client.NewIDUUID(uuid.NewString()), Payload: map[string]*client.Value{"audience": client.NewValueString("public")}, Vectors: near},
	}
	if numbers {
		strange = append(strange, &client.PointStruct{Id: client.NewIDNum(7), Payload: of(whole).Payload, Vectors: near})
	}
	_, err = raw.Upsert(ctx, &client.UpsertPoints{CollectionName: name, Wait: new(true), Points: strange})
	require.NoError(t, err)

	want := shelfOf(map[string]kb.Entry{"a": whole})["a"]
	q := books
	q.Vector, q.Model = whole.Chunks[0].Vector, whole.Chunks[0].Model
	got, err := x.Search(ctx, q)
	require.NoError(t, err)
	require.Equal(t, want, shelved(got)["a"])
	_, err = x.Document(ctx, "help", spoiled.Document.ID)
	require.ErrorContains(t, err, "verify --repair")

	require.NoError(t, x.Walk(ctx, "help", nil, func(e kb.Entry) error {
		require.Equal(t, e.Document.ID == spoiled.Document.ID, slices.ContainsFunc(e.Chunks, func(c kb.Chunk) bool { return c.ID == "" }))
		return nil
	}))
	require.NoError(t, x.Delete(ctx, "help", []string{spoiled.Document.ID})) // as verify does
	n, err := x.Sweep(ctx, "help", true)
	require.NoError(t, err)
	require.Equal(t, len(strange)-1, n)
	require.NoError(t, x.Replace(ctx, "help", []kb.Entry{spoiled}))
	require.Equal(t, shelfOf(map[string]kb.Entry{"a": whole, "b": spoiled}), shelf(t, x))
	_, n = stored(t, opt)
	require.Equal(t, 5, n)
}
