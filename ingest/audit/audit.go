// Package audit compares an index with the manifest of what was ingested, and copies
// an index into another.
package audit

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/kb"
)

// Walker is an index that can be read as a whole.
type Walker interface {
	// Walk hands over documents with their text and chunks, vectors included,
	// ordered by id, until do fails: those that are named and there, or all of them
	// where documents is nil. Of a document that is not whole any more, or that is
	// written meanwhile, it hands over what there is. An unknown knowledge base is a
	// kb.NotFound.
	Walk(ctx context.Context, base string, documents []string, do func(kb.Entry) error) error
}

// Sweeper is an index that may keep what no search finds any more: a write that was
// cut off leaves it behind.
type Sweeper interface {
	// Sweep counts such chunks, and removes them if it is told to.
	Sweep(ctx context.Context, base string, remove bool) (chunks int, err error)
}

// Manifest says what should be in the index.
type Manifest interface {
	// List returns documents by id, at most as many as are asked for.
	List(ctx context.Context, l kb.Listing) ([]kb.DocumentInfo, error)
}

// Fault is a document that is not in the index as the manifest has it.
type Fault struct {
	Kind     Kind
	Document kb.Document // without text
	Absent   bool        // the index has nothing of it: only an ingest mends that
}

// Kind says what is wrong with a document.
type Kind string

// The kinds of faults.
const (
	Lost    Kind = "lost"    // the manifest has it, the index not, or not all of it
	Extra   Kind = "extra"   // the index has it, the manifest not
	Stale   Kind = "stale"   // the index has another state of it than the manifest
	Damaged Kind = "damaged" // what is stored is not what its ids were made of
)

// Report is what Verify found.
type Report struct {
	Documents, Chunks int     // in the index
	Faults            []Fault // ordered by document
	Swept             int     // chunks that no search finds
}

// Verify compares an index with the manifest: documents by id, metadata and number of
// chunks, chunks by the hash of their content. With repair it removes from the index
// what is not right, and what no search finds: a document that is lost, stale or
// damaged is read again by the next ingest of its source, because the index holds it
// no more. The caller holds the write lock.
func Verify(ctx context.Context, base string, m Manifest, x interface {
	Walker
	ingest.Index
}, repair bool) (Report, error) {
	wanted, err := manifest(ctx, base, m)
	if err != nil {
		return Report{}, err
	}
	var r Report
	err = x.Walk(ctx, base, nil, func(e kb.Entry) error {
		r.Documents++
		r.Chunks += len(e.Chunks)
		info, known := wanted[e.Document.ID]
		delete(wanted, e.Document.ID)
		if kind := fault(&e, info, known); kind != "" {
			e.Document.Text = ""
			r.Faults = append(r.Faults, Fault{Kind: kind, Document: e.Document})
		}
		return nil
	})
	if err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	for _, info := range wanted {
		if info.Chunks > 0 {
			r.Faults = append(r.Faults, Fault{Kind: Lost, Document: info.Document, Absent: true})
		}
	}
	slices.SortFunc(r.Faults, func(a, b Fault) int { return strings.Compare(a.Document.ID, b.Document.ID) })
	if repair && len(r.Faults) > 0 {
		ids := make([]string, len(r.Faults))
		for i, f := range r.Faults {
			ids[i] = f.Document.ID
		}
		if err := x.Delete(ctx, base, ids); err != nil {
			return r, fmt.Errorf("repair: %w", err)
		}
	}
	if s, ok := x.(Sweeper); ok {
		if r.Swept, err = s.Sweep(ctx, base, repair); err != nil {
			return r, fmt.Errorf("sweep: %w", err)
		}
	}
	return r, nil
}

const page = 500 // documents of the manifest that are read at once

func manifest(ctx context.Context, base string, m Manifest) (map[string]kb.DocumentInfo, error) {
	all := map[string]kb.DocumentInfo{}
	for after := ""; ; {
		list, err := m.List(ctx, kb.Listing{KB: base, Reader: kb.Reader{Audience: kb.Agent}, After: after, Limit: page})
		if err != nil {
			return nil, err
		}
		for _, info := range list {
			all[info.ID] = info
		}
		if len(list) < page {
			return all, nil
		}
		after = list[len(list)-1].ID
	}
}

// fault is what is wrong with an entry of an index; "" if nothing is.
func fault(e *kb.Entry, info kb.DocumentInfo, known bool) Kind {
	switch {
	case !known || info.Chunks == 0 && len(e.Chunks) > 0:
		return Extra
	case len(e.Chunks) < info.Chunks && (len(e.Chunks) == 0 || e.Check() != nil):
		return Lost
	case !intact(e):
		return Damaged
	case len(e.Chunks) != info.Chunks || !same(e.Document, info.Document):
		return Stale
	}
	return ""
}

// intact reports whether each chunk is what its id was made of, and all together are
// the document.
func intact(e *kb.Entry) bool {
	if e.Check() != nil {
		return false
	}
	seen := map[string]int{}
	for _, c := range e.Chunks {
		key := strconv.Quote(c.Text) + strings.Join(c.Heading, "\x00")
		if c.ID != kb.ChunkID(e.Document.ID, e.Document.Title, c.Heading, c.Text, seen[key]) {
			return false
		}
		seen[key]++
	}
	return true
}

// same compares what is known of two documents but their texts.
func same(a, b kb.Document) bool {
	return a.ID == b.ID && a.KB == b.KB && a.Source == b.Source && a.Path == b.Path && a.Title == b.Title && a.URL == b.URL &&
		a.Audience == b.Audience && a.Product == b.Product && a.Version == b.Version && a.Language == b.Language &&
		slices.Equal(a.Tags, b.Tags) && a.ValidFrom.Equal(b.ValidFrom) && a.ValidUntil.Equal(b.ValidUntil)
}
