package local

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local/memory"
	"github.com/askdesk/askdesk/retrieval/local/store"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// base is one version of a knowledge base.
type base struct {
	name, version, path string
	log                 *slog.Logger

	guard  sync.RWMutex // held for reading while in use, for writing to close
	closed bool

	opening sync.Mutex
	opened  atomic.Bool // file and snap are set
	file    *store.File

	snap atomic.Pointer[memory.Snapshot]

	analyzers terms.Analyzers // for who writes

	catching sync.Mutex // guards what follows, but for reading the vocabulary
	loaded   loaded
	vocab    vocabulary
}

// loaded is how far a base has been read.
type loaded struct {
	row   int64            // of the last chunk
	slots map[int64]uint32 // by row of the document
}

// vocabulary maps terms to ids, which count up from 0. It only grows.
type vocabulary struct {
	mu  sync.RWMutex
	ids map[string]uint32
}

func (v *vocabulary) find(term string) (uint32, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	id, ok := v.ids[term]
	return id, ok
}

func (b *base) close() error {
	b.guard.Lock()
	defer b.guard.Unlock()
	b.closed = true
	if b.file == nil {
		return nil
	}
	file := b.file
	b.file = nil
	return file.Close()
}

// ensure opens and loads the base; ready is false if there is no file to read.
func (b *base) ensure(ctx context.Context, why purpose) (ready bool, err error) {
	if b.opened.Load() {
		return true, nil
	}
	b.opening.Lock()
	defer b.opening.Unlock()
	if b.opened.Load() {
		return true, nil
	}
	if _, err := os.Stat(b.path); errors.Is(err, fs.ErrNotExist) && why == reading {
		return false, nil
	}
	file, err := store.Open(ctx, b.path)
	if err != nil {
		return false, err
	}
	// What one impatient request began is of use to all others.
	if err := b.load(context.WithoutCancel(ctx), file); err != nil {
		return false, errors.Join(err, file.Close())
	}
	b.file = file
	b.opened.Store(true)
	return true, nil
}

// load reads the whole file, and analyses it anew if its terms are of another
// analyzer.
func (b *base) load(ctx context.Context, file *store.File) error {
	var state store.State
	if err := file.Read(ctx, func(tx *store.Tx) (err error) {
		state, err = tx.State()
		return err
	}); err != nil {
		return err
	}
	if state.Analyzer != Analyzer() && state.Analyzer != "" {
		b.log.Info("analysing the index anew", "kb", b.name, "from", state.Analyzer, "to", Analyzer())
		if err := reanalyse(ctx, file); err != nil {
			return kb.Wrap(kb.Unavailable, err, "The index of %q was made by another version of Askdesk and cannot be brought up to date here. "+
				"Make the data folder writable, or run askdesk once as its owner.", b.name)
		}
	}
	b.catching.Lock()
	defer b.catching.Unlock()
	return file.Read(ctx, func(tx *store.Tx) error { return b.catchUp(tx) })
}

// refresh brings the snapshot to the last commit.
func (b *base) refresh(ctx context.Context) error {
	b.catching.Lock()
	defer b.catching.Unlock()
	err := b.file.Read(context.WithoutCancel(ctx), func(tx *store.Tx) error { return b.catchUp(tx) })
	if err != nil {
		return err
	}
	b.snap.Store(b.snap.Load().Compact())
	return nil
}

// catchUp brings the snapshot to the commit of tx. The caller holds catching.
func (b *base) catchUp(tx *store.Tx) error {
	state, err := tx.State()
	if err != nil {
		return err
	}
	snap := b.snap.Load()
	if snap != nil && snap.Seq == state.Seq {
		return nil
	}
	if state.Analyzer != Analyzer() && state.Analyzer != "" {
		return kb.Errorf(kb.Unavailable, "The index of %q was changed by another version of Askdesk. Restart this one.", b.name)
	}
	if snap == nil || snap.Seq < state.Floor {
		snap = &memory.Snapshot{Seq: -1}
		b.loaded = loaded{slots: map[int64]uint32{}}
		b.vocab.mu.Lock()
		b.vocab.ids = map[string]uint32{}
		b.vocab.mu.Unlock()
	}
	change, err := b.changes(tx, snap.Seq)
	if err != nil {
		// What was read of the vocabulary and the slots may be more than the
		// snapshot has: begin again next time.
		b.snap.Store(nil)
		return err
	}
	change.Seq = state.Seq
	b.snap.Store(snap.Apply(change))
	return nil
}

func (b *base) changes(tx *store.Tx, after int64) (memory.Change, error) {
	change := memory.Change{Docs: map[uint32]*kb.Document{}}
	if err := tx.Documents(after, func(row int64, doc *kb.Document) {
		slot, ok := b.loaded.slots[row]
		if !ok {
			slot = uint32(len(b.loaded.slots))
			b.loaded.slots[row] = slot
		}
		change.Docs[slot] = doc
	}); err != nil {
		return change, err
	}
	if after >= 0 {
		if err := tx.Gone(after, func(row int64) { change.Dead = append(change.Dead, row) }); err != nil {
			return change, err
		}
	}
	fresh := b.segments(tx)
	err := errors.Join(fresh.err, b.readTerms(tx), fresh.building.Wait()) // terms are read while segments are built
	change.Segments = fresh.list
	b.loaded.row = fresh.last
	return change, err
}

func (b *base) readTerms(tx *store.Tx) error {
	type entry struct {
		id   uint32
		term string
	}
	var fresh []entry
	if err := tx.Terms(uint32(len(b.vocab.ids)), func(id uint32, term string) { fresh = append(fresh, entry{id, term}) }); err != nil {
		return err
	}
	b.vocab.mu.Lock()
	defer b.vocab.mu.Unlock()
	if len(b.vocab.ids) == 0 {
		b.vocab.ids = make(map[string]uint32, len(fresh))
	}
	for _, e := range fresh {
		b.vocab.ids[e.term] = e.id
	}
	return nil
}

// loadSegment is how many chunks become one segment when many are read: enough
// to search fast, few enough for all processors to have work.
const loadSegment = 1 << 14

// segments are those that are being built.
type segments struct {
	building errgroup.Group
	list     []*memory.Segment // complete when building is done
	last     int64             // row of the last chunk
	err      error             // of reading
}

// segments builds segments of the chunks behind the last that was read.
func (b *base) segments(tx *store.Tx) *segments {
	fresh := &segments{last: b.loaded.row}
	fresh.building.SetLimit(runtime.GOMAXPROCS(0))
	var batch []memory.Chunk
	fresh.err = tx.Indexed(fresh.last, func(c store.Chunk) error {
		batch = append(batch, memory.Chunk{Row: c.Row, ID: c.ID, Slot: b.loaded.slots[c.Doc], Ordinal: c.Ordinal, Heading: shortPlace(c.Place),
			Terms: c.Terms, Pieces: c.Pieces, Vector: c.Blob, Model: c.Model})
		fresh.last = c.Row
		if len(batch) == loadSegment {
			fresh.build(batch)
			batch = nil
		}
		return nil
	})
	if len(batch) > 0 {
		fresh.build(batch)
	}
	return fresh
}

// maxHeading is how many characters of a heading are kept in memory, more than are
// searched and ranked by: each chunk below carries it, and that of a hostile document
// can be a book.
const maxHeading = 2_000

// shortPlace is a heading as it is stored, cut. A damaged one stays, for who reads it.
func shortPlace(stored string) string {
	if len(stored) <= maxHeading {
		return stored
	}
	list, err := store.Heading(stored)
	if err != nil {
		return stored
	}
	for i, h := range list {
		list[i] = text.Cut(h, maxHeading)
	}
	short, err := json.Marshal(list)
	if err != nil { // strings always marshal
		panic(err)
	}
	return string(short)
}

func (s *segments) build(chunks []memory.Chunk) {
	seg := new(memory.Segment)
	s.list = append(s.list, seg)
	s.building.Go(func() error {
		size := 0
		for _, c := range chunks {
			size += len(c.Terms)
		}
		builder := memory.NewBuilder(len(chunks), size)
		for _, c := range chunks {
			if err := builder.Add(c); err != nil {
				return err
			}
		}
		*seg = *builder.Build()
		return nil
	})
}

// query analyses a question against what an audience may see.
func (b *base) query(q kb.Query, stats *memory.Statistics) terms.Asked {
	return terms.Query(q, terms.Vocabulary{Languages: stats.Languages, Chunks: stats.Chunks, Find: func(term string) (uint32, int) {
		id, ok := b.vocab.find(term)
		if !ok {
			return 0, 0
		}
		return id, stats.DF(id)
	}})
}
