package follow_test

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

var errFault = errors.New("fault")

// What a call that fails has done before.
const (
	nothing = iota
	half    // of what it was given
	all
)

// toll makes one call fail.
type toll struct {
	at, did int // the number of the call, from 1, among those that can do so much; and what it does
	n       int // calls until now
	failed  string
}

// pass makes a call that is about size things.
func (p *toll) pass(name string, size int, do func(n int) error) error {
	writes := slices.Contains([]string{"Replace", "Delete", "Settle", "unlock"}, name)
	if p.did == half && size > 1 || p.did == all && writes || p.did == nothing {
		p.n++
	}
	if p.n != p.at || p.failed != "" {
		return do(size)
	}
	p.failed = name
	switch p.did { // what it says is lost
	case all:
		_ = do(size)
	case half:
		_ = do(size / 2)
	}
	return errFault
}

// watched are all the parts that a Follower has of a house. They insist on what must
// hold at every call.
type watched struct{ h *house }

func (w *watched) locked() { require.True(w.h.t, w.h.held, "written without the lock") }

func (w *watched) Lock(ctx context.Context) (func() error, error) {
	h := w.h
	require.False(h.t, h.held)
	if h.onLock != nil {
		h.onLock()
	}
	var unlock func() error
	err := h.toll.pass("Lock", 0, func(int) (err error) { unlock, err = h.lock(ctx); return err })
	if err != nil {
		if unlock != nil { // the fault came after it
			err = errors.Join(err, unlock())
		}
		return nil, err
	}
	h.held = true
	return func() error {
		w.locked()
		return h.toll.pass("unlock", 0, func(int) error { h.held = false; return unlock() })
	}, nil
}

// Model implements kb.Embedder.
func (w *watched) Model() string { return latter.Model() }

func (w *watched) Embed(ctx context.Context, kind kb.EmbedKind, texts []string) (list []kb.Vector, err error) {
	h := w.h
	require.Equal(h.t, h.finishing, h.held, "others wait for the lock while texts are embedded")
	require.Equal(h.t, kb.EmbedDocument, kind)
	h.calls++
	if h.away != nil && h.away(texts) {
		return nil, kb.Errorf(kb.Unavailable, "The embedder is away.")
	}
	if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, unspeakable) }) {
		return nil, kb.Errorf(kb.Invalid, "The embedder refuses a text.")
	}
	err = h.toll.pass("Embed", 0, func(int) error { list, err = latter.Embed(ctx, kind, texts); return err })
	if err != nil {
		return nil, err
	}
	h.texts = append(h.texts, texts...)
	if h.onEmbed != nil {
		h.onEmbed()
	}
	return list, nil
}

// Walk implements audit.Walker, by From.
func (w *watched) Walk(ctx context.Context, base string, documents []string, do func(kb.Entry) error) error {
	return w.h.toll.pass("Walk", len(documents), func(n int) error { return w.h.from.Walk(ctx, base, documents[:n], do) })
}

// Replace implements ingest.Index, as the others do, by To.
func (w *watched) Replace(ctx context.Context, base string, entries []kb.Entry) error {
	w.locked()
	for _, e := range entries {
		d := w.h.pages[e.Document.ID]
		require.NotNil(w.h.t, d, "%s is gone", e.Document.Path)
		require.Equal(w.h.t, d.Document, e.Document, "it changed meanwhile")
	}
	return w.h.toll.pass("Replace", len(entries), func(n int) error { return w.h.to.Replace(ctx, base, entries[:n]) })
}

func (w *watched) Delete(ctx context.Context, base string, documents []string) error {
	w.locked()
	return w.h.toll.pass("Delete", len(documents), func(n int) error { return w.h.to.Delete(ctx, base, documents[:n]) })
}

func (w *watched) Embedded(ctx context.Context, base, model string, chunks []string) (have map[string]bool, err error) {
	err = w.h.toll.pass("Embedded", 0, func(int) error { have, err = w.h.to.Embedded(ctx, base, model, chunks); return err })
	return have, err
}

func (w *watched) Holds(ctx context.Context, base string, documents []string) (map[string]bool, error) {
	return w.h.to.Holds(ctx, base, documents)
}

// Document implements follow.Manifest.
func (w *watched) Document(ctx context.Context, id string) (info kb.DocumentInfo, err error) {
	w.locked()
	err = w.h.toll.pass("Document", 0, func(int) error { info, err = w.h.ledger.Document(ctx, id); return err })
	return info, err
}

// Changes implements follow.Changes, as the others do.
func (w *watched) Changes(ctx context.Context, version, after string, limit int) (ids []string, err error) {
	err = w.h.toll.pass("Changes", 0, func(int) error { ids, err = w.h.ledger.Changes(ctx, version, after, limit); return err })
	return ids, err
}

func (w *watched) Behind(ctx context.Context, version string) (n int, err error) {
	err = w.h.toll.pass("Behind", 0, func(int) error { n, err = w.h.ledger.Behind(ctx, version); return err })
	return n, err
}

// Settle insists that To has what is settled.
func (w *watched) Settle(ctx context.Context, version string, documents []string) error {
	w.locked()
	got := map[string]bool{}
	require.NoError(w.h.t, w.h.to.Walk(ctx, base, append([]string{}, documents...), func(e kb.Entry) error {
		got[e.Document.ID] = true
		w.h.requireEntry(e)
		return nil
	}))
	for _, id := range documents {
		require.Equal(w.h.t, w.h.pages[id] != nil, got[id], "%s is settled", id)
	}
	return w.h.toll.pass("Settle", 0, func(int) error { return w.h.ledger.Settle(ctx, version, documents) })
}
