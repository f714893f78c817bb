package follow_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/audit"
	"github.com/askdesk/askdesk/ingest/follow"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

func TestItBringsOverWhatWasWritten(t *testing.T) {
	for name, house := range map[string]func(*testing.T) *house{"files": newRealHouse, "maps": newHouse} {
		t.Run(name, func(t *testing.T) {
			h := house(t)
			require.Zero(t, h.follow().Documents)
			h.write(append(many(40), page("empty", ""), page("bad", unspeakable), page("long", strings.Repeat("# One\n\nthe same again\n", 70)))...)
			h.queue("queued")
			require.Equal(t, follow.Done{Documents: 44, Chunks: 151, Refused: []string{id("bad")}}, h.follow())

			h.texts = nil
			tagged := page("001", h.pages[id("001")].Document.Text)
			tagged.Tags, tagged.Audience = []string{"x"}, kb.Public
			h.write(tagged, page("000", "# One\n\nchanged\n# Two\n\nmore\n"), page("new", "# New\n\nquite\n"), page("002", ""), page("empty", "no more\n"), page("queued", "read\n"))
			h.remove("003", "004", "unknown")
			h.queue("005")
			require.Equal(t, follow.Done{Documents: 10, Chunks: 7}, h.follow())
			require.Len(t, h.texts, 4, "one of 000, none of 001")
			h.remove("new")
			h.write(page("new", "# New\n\nonce more\n"), page("004", "back\n"), page("bad", "mended\n"))
			require.Equal(t, 3, h.follow().Documents)
			require.Zero(t, h.follow().Documents)
			if store, ok := h.ledger.(*state.Store); ok {
				report, err := audit.Verify(t.Context(), base, store, h.to, false)
				require.NoError(t, err)
				require.Empty(t, report.Faults)
				require.Zero(t, report.Swept)
				require.Equal(t, 43, report.Documents, "003 and 005 are gone")
			}
		})
	}
}

func TestWithoutAnEmbedder(t *testing.T) {
	h := newHouse(t)
	h.opt.Embedder = nil
	h.write(many(40)...)
	require.Equal(t, 40, h.follow().Documents)
	h.write(page("000", "changed\n"))
	h.remove("001")
	h.onLock = func() { h.onLock = nil; h.write(page("000", "again\n")) }
	h.follow()
	require.Empty(t, h.texts)
}

func TestNothingIsEmbeddedTwice(t *testing.T) {
	h := newHouse(t)
	h.write(many(40)...)
	h.follow()
	require.Len(t, h.texts, 80)
	h.texts = nil
	changed := []kb.Document{
		page("000", h.pages[id("000")].Document.Text),
		page("001", "# Two\n\nmore\n# One\n\nnumber 1\n"),
		page("002", "# Two\n\nmore\n"),
		page("003", h.pages[id("003")].Document.Text+"# Three\n\nfresh\n"),
	}
	for i := range changed {
		changed[i].Product = "desk"
	}
	h.write(changed...)
	h.follow()
	require.Equal(t, []string{"About 003 > Three\n# Three\n\nfresh\n"}, h.texts)
}

func TestWhatWasEmbeddedBeforeAFaultIsKept(t *testing.T) {
	h := newHouse(t)
	h.write(many(20)...)
	h.toll = toll{at: 1, did: all}
	require.ErrorIs(t, h.run(t.Context(), follow.New(h.opt)), errFault)
	require.Equal(t, "Replace", h.toll.failed)
	h.texts = nil
	require.Equal(t, 20, h.follow().Documents)
	require.Empty(t, h.texts)
}

// What changes between its embedding and the lock comes later, as it is then.
func TestWhatChangesWhileItIsEmbedded(t *testing.T) {
	for name, test := range map[string]struct {
		text   string
		change func(h *house)
		later  bool // Finish has to write it
	}{
		"text":           {"# One\n\nold\n", func(h *house) { h.write(page("a", "# One\n\nnew\n")) }, true},
		"one part":       {"# One\n\nold\n# Two\n\nkept\n", func(h *house) { h.write(page("a", "# One\n\nnew\n# Two\n\nkept\n")) }, true},
		"title":          {"# One\n\nold\n", func(h *house) { d := page("a", "# One\n\nold\n"); d.Title = "Else"; h.write(d) }, true},
		"fewer parts":    {"# One\n\nold\n# Two\n\nkept\n", func(h *house) { h.write(page("a", "# Two\n\nkept\n")) }, false},
		"metadata":       {"# One\n\nold\n", func(h *house) { d := page("a", "# One\n\nold\n"); d.Audience = kb.Public; h.write(d) }, false},
		"no text":        {"# One\n\nold\n", func(h *house) { h.write(page("a", "")) }, false},
		"removed":        {"# One\n\nold\n", func(h *house) { h.remove("a") }, false},
		"queued":         {"# One\n\nold\n", func(h *house) { h.queue("a") }, false},
		"created again":  {"", func(h *house) { h.write(page("a", "# One\n\nnew\n")) }, true},
		"refused now":    {"# One\n\nold\n", func(h *house) { h.write(page("a", "# One\n\nold\n# Two\n\n"+unspeakable+"\n")) }, true},
		"refused before": {"# One\n\nold\n# Two\n\n" + unspeakable + "\n", func(h *house) { h.write(page("a", "# One\n\nold\n")) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			if name == "created again" {
				h.write(page("a", "x"))
				h.remove("a")
			} else {
				h.write(page("a", test.text))
			}
			h.write(page("b", "stays\n"))
			h.onLock = func() { h.onLock = nil; test.change(h) }
			f := follow.New(h.opt)
			require.NoError(t, f.Catch(t.Context()))
			left, err := h.ledger.Changes(t.Context(), "", "", 9)
			require.NoError(t, err)
			if test.later {
				require.Equal(t, []string{id("a")}, left)
			} else {
				require.Empty(t, left)
			}
			require.NoError(t, h.run(t.Context(), f))
			h.requireSame(f)
			if name == "refused now" {
				require.Equal(t, []string{id("a")}, f.Done().Refused)
			} else {
				require.Empty(t, f.Done().Refused)
			}
		})
	}
}

func TestARefusedDocumentGoesWithoutVectors(t *testing.T) {
	h := newHouse(t)
	h.write(many(40)...)
	h.write(page("bad", "# One\n\nfine\n# Two\n\n"+unspeakable+"\n"), page("worse", unspeakable+"\n"), page("huge", strings.Repeat("# One\n\nfine\n", 70)+"# Two\n\n"+unspeakable+"\n"))
	again := 3
	h.opt.Progress = func(follow.Done) {
		if again--; again > 0 {
			h.write(page("worse", strings.Repeat(unspeakable+" ", again+1)))
		}
	}
	require.ElementsMatch(t, []string{id("bad"), id("worse"), id("huge")}, h.follow().Refused)
	h.opt.Progress = nil
	require.Empty(t, h.follow().Refused, "nothing was brought over")
	h.write(page("bad", "# One\n\nfine\n# Two\n\nmended\n"))
	require.Empty(t, h.follow().Refused)
}

// Done says what To has in the end.
func TestARefusedDocumentThatIsMendedOrRemoved(t *testing.T) {
	h := newHouse(t)
	h.write(page("a", unspeakable), page("b", unspeakable), page("c", unspeakable))
	f := follow.New(h.opt)
	require.NoError(t, f.Catch(t.Context()))
	require.Len(t, f.Done().Refused, 3)
	h.write(page("a", "mended\n"))
	h.remove("b")
	require.NoError(t, h.run(t.Context(), f))
	h.requireSame(f)
	require.Equal(t, []string{id("c")}, f.Done().Refused)
}

func TestAnEmbedderThatIsAway(t *testing.T) {
	h := newHouse(t)
	h.write(many(40)...)
	h.away = func([]string) bool { return h.calls > 1 }
	f := follow.New(h.opt)
	require.Equal(t, kb.Unavailable, kb.CodeOf(h.run(t.Context(), f)))
	require.Equal(t, 32, f.Done().Documents)
	left, err := h.ledger.Behind(t.Context(), h.version)
	require.NoError(t, err)
	require.Equal(t, 8, left)
	h.away, h.texts = nil, nil
	require.Equal(t, follow.Done{Documents: 8, Chunks: 16}, h.follow())
	require.Len(t, h.texts, 16)
}

// A server that times out is not asked for each document.
func TestAnEmbedderThatGoesAwayAfterItRefused(t *testing.T) {
	h := newHouse(t)
	h.write(append(many(20), page("bad", unspeakable))...)
	h.away = func([]string) bool { return h.calls > 1 }
	f := follow.New(h.opt)
	require.Equal(t, kb.Unavailable, kb.CodeOf(h.run(t.Context(), f)))
	require.Zero(t, f.Done().Documents)
	require.Equal(t, 2, h.calls)
	h.away = nil
	h.follow()
}

func TestLostDocumentsAreLeftAlone(t *testing.T) {
	for name, lose := range map[string]func(h *house, path string){
		"gone":          func(h *house, path string) { h.lose(path, 0, 9, false) },
		"all chunks":    func(h *house, path string) { h.lose(path, 0, 9, true) },
		"first chunk":   func(h *house, path string) { h.lose(path, 0, 1, true) },
		"another chunk": func(h *house, path string) { h.lose(path, 1, 2, true) },
		"last chunk":    func(h *house, path string) { h.lose(path, 2, 3, true) },
		"part of one": func(h *house, path string) {
			e := *h.pages[id(path)]
			e.Chunks = slices.Clone(e.Chunks)
			e.Chunks[1].Text = e.Chunks[1].Text[1:]
			h.broken[id(path)] = true
			require.NoError(h.t, h.from.Replace(h.t.Context(), base, []kb.Entry{e}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			for _, d := range many(90) {
				d.Text += "# Three\n\nthe last\n"
				h.write(d)
			}
			h.follow()
			before := h.pages[id("000")].Document.Text
			for path := range h.pages {
				h.write(h.pages[path].Document)
			}
			h.write(page("000", "# One\n\nnew\n# Two\n\nnew\n# Three\n\nnew\n"))
			for _, d := range many(50) {
				lose(h, d.Path)
			}
			h.toll.n = 0
			done := h.follow()
			require.Len(t, done.Lost, 50, "each once")
			require.Equal(t, 40, done.Documents)
			require.Less(t, h.toll.n, 3*50+5*90, "it does not spin")
			require.NoError(t, h.to.Walk(t.Context(), base, []string{id("000")}, func(e kb.Entry) error {
				require.Equal(t, before, e.Document.Text, "To keeps what it has")
				return nil
			}))
			for _, d := range many(50) {
				h.write(h.pages[d.ID].Document)
			}
			h.remove("001")
			require.Empty(t, h.follow().Lost)
		})
	}
}

func TestWritersThatAreFasterThanIt(t *testing.T) {
	h := newHouse(t)
	h.write(many(40)...)
	rounds := 0
	h.opt.Progress = func(follow.Done) { rounds++; h.write(many(40)...) }
	err := follow.New(h.opt).Catch(t.Context())
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.ErrorContains(t, err, base)
	require.Greater(t, rounds, 10)
	require.Len(t, h.texts, 80)

	h.opt.Progress = func(follow.Done) {
		if !h.held {
			h.write(many(32)...)
		}
	}
	f := follow.New(h.opt)
	require.NoError(t, h.run(t.Context(), f), "the last are for Finish")
	h.requireSame(f)
}

// However often Catch meets them, they count once.
func TestLostDocumentsAmongWriters(t *testing.T) {
	h := newHouse(t)
	h.write(many(80)...)
	for _, d := range many(20) {
		h.lose(d.Path, 0, 9, false)
	}
	rounds := 0
	h.opt.Progress = func(follow.Done) {
		if rounds++; rounds < 9 {
			h.write(many(80)[20:]...)
		}
	}
	f := follow.New(h.opt)
	require.NoError(t, f.Catch(t.Context()))
	require.Greater(t, rounds, 9)
	h.requireSame(f)
}

// Somebody else may settle nothing and mark everything, but Finish ends.
func TestMarksWithoutTheLock(t *testing.T) {
	h := newHouse(t)
	h.write(many(3)...)
	h.opt.Progress = func(follow.Done) {
		require.NoError(t, h.ledger.Remove(t.Context(), base, []string{"stranger"}))
	}
	require.Equal(t, kb.Unavailable, kb.CodeOf(h.run(t.Context(), follow.New(h.opt))))
	h.opt.Progress = nil
	h.follow()
}

func TestItEndsWithItsContext(t *testing.T) {
	h := newHouse(t)
	h.write(many(70)...)
	ctx, cancel := context.WithCancel(t.Context())
	locks := 0
	h.onLock = func() { locks++ }
	h.onEmbed = func() {
		if h.calls == 2 {
			cancel()
		}
	}
	f := follow.New(h.opt)
	require.ErrorIs(t, f.Catch(ctx), context.Canceled)
	require.Equal(t, 1, locks)
	require.False(t, h.held)
	require.Equal(t, 32, f.Done().Documents)
	require.Error(t, follow.New(h.opt).Catch(ctx))
	h.onEmbed = nil
	require.Equal(t, 38, h.follow().Documents)
}
