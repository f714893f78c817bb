package follow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/follow"
)

// changedHouse is one whose second index is behind in every way that there is.
func changedHouse(t *testing.T) *house {
	h := newHouse(t)
	h.write(append(many(12), page("bad", unspeakable), page("empty", ""))...)
	h.follow()
	changed := many(36) // two batches
	for i := range 4 {
		changed[i].Text += "# Three\n\nfresh\n"
	}
	changed[4].Text, changed[5].Tags = "", []string{"x"}
	h.write(changed...)
	h.write(page("bad", "mended\n"), page("worse", "# One\n\nfine\n# Two\n\n"+unspeakable+"\n"))
	h.remove("006", "007", "008", "020")
	h.queue("009")
	h.lose("010", 0, 2, false)
	h.lose("030", 1, 2, true)
	h.texts, h.toll = nil, toll{}
	return h
}

// Any call may fail, before or after it did something, and what is called next ends
// where an undisturbed run does.
func TestAFaultAtEveryCall(t *testing.T) {
	reads := []string{"Walk", "Embed", "Embedded", "Changes", "Behind", "Document", "Lock"}
	writes := []string{"Replace", "Delete", "Settle", "unlock"}
	for _, test := range []struct {
		name  string
		did   int
		calls []string
	}{
		{"nothing done", nothing, slices.Concat(reads, writes)},
		{"half done", half, []string{"Walk", "Replace", "Delete"}},
		{"all done", all, writes},
	} {
		t.Run(test.name, func(t *testing.T) {
			var seen []string
			for n := 1; ; n++ {
				name := faultAt(t, n, test.did)
				if name == "" {
					break
				}
				seen = append(seen, name)
			}
			require.Subset(t, seen, test.calls)
		})
	}
}

// faultAt names the call that failed; "" if none is left.
func faultAt(t *testing.T, n, did int) string {
	h := changedHouse(t)
	h.toll = toll{at: n, did: did}
	f := follow.New(h.opt)
	err := h.run(t.Context(), f)
	failed := h.toll.failed
	if failed == "" {
		require.NoError(t, err)
	} else {
		require.ErrorIs(t, err, errFault, "call %d, %s", n, failed)
		if n%2 == 0 { // another process goes on, else this one
			f = follow.New(h.opt)
		}
		require.NoError(t, h.run(t.Context(), f), "after call %d, %s", n, failed)
	}
	h.requireSame(f)
	require.Len(t, f.Done().Lost, 2)
	return failed
}

// storm writes at random.
type storm struct {
	*house
	*rand.Rand
}

func (s *storm) path() string { return fmt.Sprintf("%03d", s.IntN(60)) }

// blow is one write, or nothing while another one writes.
func (s *storm) blow() {
	if s.held {
		return
	}
	switch path := s.path(); s.IntN(20) {
	case 0, 1, 2:
		s.remove(path)
	case 3:
		s.queue(path)
	case 4:
		s.write(page(path, ""))
	case 5:
		if e := s.pages[id(path)]; e != nil && len(e.Chunks) > 0 {
			first := s.IntN(2)
			s.lose(path, first, max(first+1, len(e.Chunks)), s.IntN(2) == 0)
		}
	case 6, 7:
		if e := s.pages[id(path)]; e != nil {
			d := e.Document
			d.Tags = []string{s.path()}
			s.write(d)
		}
	default:
		s.write(page(path, s.text()))
	}
}

func (s *storm) text() string {
	words := []string{"apple", "pear", "plum", "cherry", "fig"}
	var b strings.Builder
	for range 1 + s.IntN(4) {
		word := words[s.IntN(len(words))]
		if s.IntN(20) == 0 {
			word = unspeakable
		}
		fmt.Fprintf(&b, "# Of %s\n\n%s\n", words[s.IntN(2)], word)
	}
	return b.String()
}

func (s *storm) gust(n int) {
	for range s.IntN(n) {
		s.blow()
	}
}

// Others write whenever they can, calls fail, and whenever it is left alone To has
// what was written.
func TestWritesAtRandom(t *testing.T) {
	for _, test := range []struct {
		name          string
		house         func(*testing.T) *house
		seeds, rounds uint64
		faults        bool
	}{
		{"maps", newHouse, 6, 40, true},
		{"files", newRealHouse, 1, 2, false}, // their lock outlives a fault
	} {
		t.Run(test.name, func(t *testing.T) {
			for seed := range test.seeds {
				s := &storm{test.house(t), rand.New(rand.NewPCG(seed, 1))}
				s.opt.Progress = func(follow.Done) { s.gust(4) }
				s.onEmbed, s.onLock = func() { s.gust(4) }, func() { s.gust(4) }
				for round := range test.rounds {
					s.gust(15)
					if test.faults {
						did := s.IntN(3)
						s.toll = toll{at: 1 + s.IntN([]int{60, 8, 8}[did]), did: did}
					}
					f := follow.New(s.opt)
					if err := s.run(t.Context(), f); err != nil {
						require.ErrorIs(t, err, errFault, "seed %d, round %d", seed, round)
						continue
					}
					s.requireSame(f)
				}
			}
		})
	}
}
