package main

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/servertest"
)

// backends runs a test with the index on disk, on Qdrant in memory, and on the server
// where there is one.
func backends(t *testing.T, test func(*bench)) {
	t.Parallel()
	t.Run("local", func(t *testing.T) { test(newBench(t, "local", "127.0.0.1:1")) })
	for name, address := range map[string]func(testing.TB) string{
		"in memory": func(t testing.TB) string { return pointstest.Start(t).Address() },
		"Qdrant":    servertest.Address,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "qdrant", address(t))
			defer func() {
				require.LessOrEqual(t, len(b.collections(true)), 1, "nothing of what was discarded is left")
			}()
			test(b)
		})
	}
}

// collections are those that the bench has on Qdrant, where it may remove them.
func (b *bench) collections(drop bool) []string {
	ctx := context.WithoutCancel(b.t.Context())
	c, err := points.Open(points.Options{Address: b.address})
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, c.Close()) }()
	list, err := c.Collections(ctx, b.prefix)
	require.NoError(b.t, err)
	for _, name := range list {
		if drop {
			require.NoError(b.t, c.Drop(ctx, name))
		}
	}
	return list
}

// command is a line for the bench's folder.
func (b *bench) command(args ...string) []string {
	return append(args, "--data", b.data, "--config", b.settings)
}

// fill writes and ingests n pages, leaves places for 60 that are uploaded, and starts
// a service.
func (b *bench) fill(n int) *traffic {
	b.t.Helper()
	tr := &traffic{rnd: rand.New(rand.NewPCG(5, 5)), pages: make([]sheet, n+60), folder: n}
	for i := range n {
		tr.pages[i].code = newCode(tr.rnd)
		b.write(page(i), edition(page(i), tr.pages[i].code, "public", 3))
	}
	b.do(exitDone, "ingest", b.docs, "--source", "pages")
	tr.p = start(b.t, b.command("serve", "--addr", "127.0.0.1:0")...)
	return tr
}

// found proves that some pages are found, and some texts that are gone are not.
func (b *bench) found(tr *traffic, sample int) {
	b.t.Helper()
	for n := len(tr.pages) - 1; n >= max(0, len(tr.pages)-sample); n-- {
		if code := tr.pages[n].code; code != "" {
			paths, err := tr.find(code)
			require.NoError(b.t, err)
			require.Equal(b.t, []string{page(n)}, paths)
		}
	}
	for n := len(tr.gone) - 1; n >= max(0, len(tr.gone)-sample); n-- {
		paths, err := tr.find(tr.gone[n])
		require.NoError(b.t, err)
		require.Empty(b.t, paths, "found again")
	}
}

// settled proves that index, manifest and what was written are the same.
func (b *bench) settled(tr *traffic, sample int) {
	b.t.Helper()
	b.do(exitDone, "index", "verify")
	want := 0
	for _, s := range tr.pages {
		if s.code != "" {
			want++
		}
	}
	require.Equal(b.t, want, b.states()[0].Documents)
	b.found(tr, sample)
}

// exchanges are the steps to another embedder and back.
var exchanges = [][]string{{"index", "reindex", "--embedder", "big"}, {"index", "switch"}, {"index", "rollback"}, {"index", "discard"}}

// A knowledge base gets another embedder, and the one before again, while it is asked
// and written all along: with ASKDESK_EXCHANGE_DOCUMENTS pages 100 and 20 times a
// second, or with a few.
func TestExchangeUnderTraffic(t *testing.T) {
	n, reads, writes := 80, 30, 6
	if s := os.Getenv("ASKDESK_EXCHANGE_DOCUMENTS"); s != "" {
		var err error
		n, err = strconv.Atoi(s)
		require.NoError(t, err)
		reads, writes = 100, 20
	}
	backends(t, func(b *bench) {
		tr := b.fill(n)
		func() {
			tr.begin(reads, writes)
			defer tr.end()
			for _, step := range exchanges[:3] {
				time.Sleep(500 * time.Millisecond) // of traffic
				began, before := time.Now(), tr.written()
				r := once(b.t, b.command(step...)...)
				require.Equal(b.t, exitDone, r.code, r.out+r.err)
				b.t.Logf("%v: %s, %d writes meanwhile; %s", step, time.Since(began).Round(time.Millisecond), tr.written()-before, r.out)
			}
			time.Sleep(500 * time.Millisecond)
		}()
		b.t.Logf("reads: %s, %d of pages that changed meanwhile; writes: %s; %d texts gone; %d held back", took(tr.reads), tr.meanwhile, took(tr.writes), len(tr.gone), tr.heldBack)
		require.NoError(b.t, tr.wrong, tr.p.text())
		b.settled(tr, len(tr.pages))
		b.do(exitDone, "index", "switch")
		b.settled(tr, len(tr.pages))
		b.do(exitDone, "index", "discard")
		b.settled(tr, 20)
	})
}

// Kill -9 of the commands that exchange an index, at any moment: what they leave is
// found, and calling them again ends it.
func TestKilledExchange(t *testing.T) {
	backends(t, func(b *bench) {
		tr := b.fill(60)
		took := make([]time.Duration, len(exchanges))
		met, want := 0, crashes(t, 3)
		for round := 0; met < want; round++ {
			require.Less(t, round, 2+want, "they are never caught")
			for i, step := range exchanges {
				for range 3 {
					require.NoError(b.t, tr.write())
				}
				began := time.Now()
				moment := time.Minute
				if round > 0 {
					moment = time.Duration(tr.rnd.Float64() * float64(took[i]))
				}
				if b.killed(moment, step) {
					met++
					b.found(tr, 10)
				} else if took[i] = time.Since(began); round > 0 {
					continue
				}
				b.ended(i, step)
				b.settled(tr, 10)
			}
		}
		b.t.Logf("killed %d times", met)
		b.do(exitFailed, "index", "discard") // there is none, but one that was killed may have left its files
	})
}

// What a discard that was killed leaves is removed by the next one, and by the next
// reindex: the version is unknown by then.
func TestDiscardIsMended(t *testing.T) {
	backends(t, func(b *bench) {
		b.withArticles()
		forgotten := func() {
			b.do(exitDone, "index", "reindex", "--embedder", "big")
			require.Len(b.t, b.files(), 2)
			store, err := state.Open(b.t.Context(), b.data, state.Options{})
			require.NoError(b.t, err)
			require.NoError(b.t, store.Discard(b.t.Context(), "default"))
			require.NoError(b.t, store.Close())
		}
		forgotten()
		require.Contains(b.t, b.do(exitFailed, "index", "discard").err, "has no index beside")
		require.Len(b.t, b.files(), 1)
		forgotten()
		b.do(exitDone, "index", "reindex", "--embedder", "big")
		require.Len(b.t, b.files(), 2)
		b.do(exitDone, "index", "discard")
		require.Len(b.t, b.files(), 1)
	})
}

// files are the indexes in the data folder, or what it counts of those on Qdrant.
func (b *bench) files() []string {
	list, err := filepath.Glob(filepath.Join(b.data, "*", "default", "*.db"))
	require.NoError(b.t, err)
	return list
}

// killed runs a command and kills it at a moment; false says that it ended before.
func (b *bench) killed(moment time.Duration, step []string) bool {
	path, err := binary()
	require.NoError(b.t, err)
	ctx, cancel := context.WithTimeout(b.t.Context(), moment)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, b.command(step...)...)
	cmd.Env = []string{}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil { // it was to be killed before it began
		return true
	}
	code := cmd.ProcessState.ExitCode()
	require.Contains(b.t, []int{exitDone, -1}, code, string(out))
	return code != exitDone
}

// ended sees to it that a step is done.
func (b *bench) ended(i int, step []string) {
	list := b.states()
	done := []bool{
		len(list) == 2 && list[1].Behind == 0, list[0].Profile == "big", list[0].Profile != "big", len(list) == 1,
	}
	if !done[i] {
		b.do(exitDone, step...)
	}
}
