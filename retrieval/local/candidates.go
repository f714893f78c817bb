package local

import (
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local/codes"
	"github.com/askdesk/askdesk/retrieval/local/memory"
	"github.com/askdesk/askdesk/retrieval/local/store"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// legs are the lists that both legs found, best first, in a scope, and what was
// searched for.
type legs struct {
	scope          *memory.Scope
	lexical, dense []memory.Hit
	vector         *codes.Query // nil without
	model          string       // of vector
	phrases        []terms.Phrase
}

// placed is a chunk that a leg found, and its places.
type placed struct {
	hit  memory.Hit
	legs kb.Legs
}

// union are the chunks that a leg found, each once, ordered by id.
func (l *legs) union() []placed {
	at := make(map[int64]int, len(l.lexical)+len(l.dense))
	list := make([]placed, 0, len(l.lexical)+len(l.dense))
	place := func(hit memory.Hit) *kb.Legs {
		i, ok := at[hit.Row]
		if !ok {
			i = len(list)
			at[hit.Row] = i
			list = append(list, placed{hit: hit})
		}
		return &list[i].legs
	}
	for i, hit := range l.lexical {
		place(hit).Lexical = kb.Leg{Rank: i + 1, Score: hit.Score}
	}
	for i, hit := range l.dense {
		place(hit).Dense = kb.Leg{Rank: i + 1, Score: hit.Score}
	}
	slices.SortFunc(list, func(a, b placed) int { return strings.Compare(a.hit.ID, b.hit.ID) })
	return list
}

// fewCandidates is how many are not worth another goroutine.
const fewCandidates = 48

// candidates are made of what both legs found, ordered by id.
func (l *legs) candidates() ([]kb.Candidate, error) {
	found := l.union()
	list := make([]kb.Candidate, len(found))
	n := min(runtime.GOMAXPROCS(0), len(found)/fewCandidates+1)
	var group errgroup.Group
	for part := range n {
		group.Go(func() (err error) {
			for i := part; i < len(found) && err == nil; i += n {
				list[i], err = l.candidate(found[i])
			}
			return err
		})
	}
	return list, group.Wait()
}

func (l *legs) candidate(found placed) (kb.Candidate, error) {
	held := l.scope.Held(found.hit, l.vector, l.model)
	words, err := terms.Unpack(held.Terms, held.Pieces)
	if err != nil {
		return kb.Candidate{}, err
	}
	heading, err := store.Heading(string(held.Heading))
	return kb.Candidate{
		Chunk:    kb.Chunk{ID: found.hit.ID, Document: held.Document.ID, Ordinal: held.Ordinal, Heading: heading, Model: held.Model},
		Document: *held.Document,
		Legs:     found.legs,
		Cosine:   held.Cosine,
		Terms:    terms.Mark(words.Terms, l.phrases),
		Pieces:   words.Pieces,
	}, err
}
