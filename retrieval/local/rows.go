package local

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local/codes"
	"github.com/askdesk/askdesk/retrieval/local/memory"
	"github.com/askdesk/askdesk/retrieval/local/store"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// maxRows is how many bytes of rows a knowledge base keeps: some 5,000 chunks, as
// many as most questions are about.
const maxRows = 16 << 20

// row is a chunk as it was read. It never changes, and holds as long as the snapshot
// has the same document: with every change of a chunk that of its document is stored,
// and read as a new one.
type row struct {
	of    *kb.Document
	chunk kb.Chunk
	words terms.Words
}

func newRow(of *kb.Document, c store.Chunk) (*row, error) {
	r := &row{of: of, chunk: c.Chunk}
	r.chunk.Document, r.chunk.Model, r.chunk.Vector = of.ID, c.Model, codes.Decode(c.Blob)
	var err error
	r.words, err = terms.Unpack(c.Terms, c.Pieces)
	return r, err
}

// bytes is about what a row takes in memory.
func (r *row) bytes() int {
	return 512 + len(r.chunk.Text) + 4*len(r.chunk.Vector) + r.words.Bytes()
}

// fill gives a candidate what the row has.
func (r *row) fill(c *kb.Candidate) {
	c.Chunk, c.Terms, c.Pieces = r.chunk, r.words.Terms, r.words.Pieces
}

// kept fills the candidates whose rows are kept and still hold, and returns the
// others.
func (b *base) kept(want []wanted, list []kb.Candidate) (missing []wanted) {
	for _, w := range want {
		if r, ok := b.rows.Get(w.row); ok && r.of == w.of {
			r.fill(&list[w.at])
		} else {
			missing = append(missing, w)
		}
	}
	return missing
}

// wanted is a row that a leg found.
type wanted struct {
	row int64
	of  *kb.Document
	at  int // in the list of candidates
}

// fewRows is how many rows are not worth a second connection.
const fewRows = 48

// fetch reads the union of both lists, in no order. Tx is of the snapshot's commit.
func (b *base) fetch(ctx context.Context, snap *memory.Snapshot, tx *store.Tx, found legs) ([]kb.Candidate, error) {
	list, want := union(snap, found)
	missing := b.kept(want, list)
	slices.SortFunc(missing, func(a, b wanted) int { return cmp.Compare(a.row, b.row) })
	mine, others := missing, []wanted(nil)
	var helper errgroup.Group
	if len(missing) >= fewRows && b.helping.TryLock() {
		mine, others = missing[:len(missing)/2], missing[len(missing)/2:]
		helper.Go(func() error {
			defer b.helping.Unlock()
			return b.file.Read(ctx, func(second *store.Tx) error {
				state, err := second.State()
				if err != nil || state.Seq != snap.Seq {
					return err // what was written meanwhile is not what tx sees
				}
				err = b.read(second, others, list)
				others = nil
				return err
			})
		})
	}
	err := b.read(tx, mine, list)
	if failure := helper.Wait(); err == nil {
		err = failure
	}
	if err == nil {
		err = b.read(tx, others, list)
	}
	return list, err
}

// read reads rows, which are ordered, into the candidates that want them.
func (b *base) read(tx *store.Tx, want []wanted, list []kb.Candidate) error {
	if len(want) == 0 {
		return nil
	}
	ids := make([]int64, len(want))
	for i, w := range want {
		ids[i] = w.row
	}
	read := 0
	err := tx.Chunks(ids, func(c store.Chunk) error {
		i, ok := slices.BinarySearch(ids, c.Row)
		if !ok {
			return errors.New("the index file has other chunks than were asked for")
		}
		read++
		r, err := newRow(want[i].of, c)
		if err != nil {
			return err
		}
		b.rows.Put(c.Row, r, r.bytes())
		r.fill(&list[want[i].at])
		return nil
	})
	if err == nil && read < len(want) {
		err = errors.New("the index file lacks chunks that it had when it was loaded")
	}
	return err
}

// union is a candidate for each chunk that a leg found, with its places and its
// document, and the row of each.
func union(snap *memory.Snapshot, found legs) ([]kb.Candidate, []wanted) {
	most := len(found.lexical) + len(found.dense)
	at := make(map[int64]int, most)
	want := make([]wanted, 0, most)
	list := make([]kb.Candidate, 0, most)
	place := func(hit memory.Hit) *kb.Legs {
		i, ok := at[hit.Row]
		if !ok {
			i = len(list)
			at[hit.Row] = i
			of := snap.Document(hit.Slot)
			list = append(list, kb.Candidate{Document: *of})
			want = append(want, wanted{hit.Row, of, i})
		}
		return &list[i].Legs
	}
	for i, hit := range found.lexical {
		place(hit).Lexical = kb.Leg{Rank: i + 1, Score: hit.Score}
	}
	for i, hit := range found.dense {
		place(hit).Dense = kb.Leg{Rank: i + 1, Score: hit.Score}
	}
	return list, want
}
