package memory

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// Hit is a chunk in a leg's list.
type Hit struct {
	Row   int64
	ID    string
	Score float64
	at    at
}

// at is where a snapshot holds a chunk.
type at struct {
	view  int32
	chunk uint16
}

// hit is a chunk of a segment with its score.
func (v *view) hit(number int, chunk uint16, score float64) Hit {
	return Hit{v.rows[chunk], v.id(chunk), score, at{int32(number), chunk}}
}

func better(x, y Hit) int {
	if c := cmp.Compare(y.Score, x.Score); c != 0 {
		return c
	}
	return strings.Compare(x.ID, y.ID)
}

// word is a term of a query as it is scored.
type word struct {
	forms  []uint32
	weight float64 // what it can add to a score at most
	rest   float64 // what it and all words after it can
}

// Lexical returns the best depth chunks by BM25. A term's forms count as one
// word: a chunk gets the most frequent of them.
//
// Words are taken by falling weight. As soon as those that are left cannot bring
// a chunk into the list by themselves, their postings are only looked up for the
// chunks that the words before have found: rare words find, frequent ones decide.
// A chunk counts as one that has a phrase if it has all its words.
func (sc *Scope) Lexical(ctx context.Context, asked terms.Asked, depth int) ([]Hit, error) {
	words := heaviest(asked.Terms)
	phrases := phrasesOf(words)
	best := newTop(depth, better)
	scratch := sc.snap.scratch.get()
	defer sc.snap.scratch.put(scratch)
	for i := range sc.snap.views {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l := &leg{scratch: scratch, number: i, view: &sc.snap.views[i], open: sc.open[i], best: best, held: make(map[uint32][]posting, len(phrases)),
			flat: terms.K1 * (1 - terms.B), slope: terms.K1 * terms.B / sc.stats.average}
		for _, n := range phrases {
			l.held[n] = l.together(asked.Phrases[n])
		}
		l.search(words)
	}
	return best.sorted(), nil
}

// heaviest returns the known terms, at most terms.MaxScored of them, by falling weight.
func heaviest(query []kb.QueryTerm) []word {
	words := make([]word, 0, len(query))
	for _, t := range query {
		if len(t.IDs) > 0 {
			words = append(words, word{forms: t.IDs, weight: t.IDF * (terms.K1 + 1)})
		}
	}
	slices.SortStableFunc(words, func(a, b word) int { return cmp.Compare(b.weight, a.weight) })
	words = words[:min(len(words), terms.MaxScored)]
	rest := 0.0
	for i := len(words) - 1; i >= 0; i-- {
		// A sum in another order may be greater by a few last digits.
		rest = (rest + words[i].weight) * (1 + 1e-12)
		words[i].rest = rest
	}
	return words
}

// phrasesOf are the numbers of the phrases that words stand for, each once.
func phrasesOf(words []word) (list []uint32) {
	for _, w := range words {
		for _, form := range w.forms {
			if n := form - terms.FirstPhrase; form >= terms.FirstPhrase && !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	return list
}

// leg is the search of one segment.
type leg struct {
	*scratch
	view        *view
	number      int // of the view
	open        bitmap
	best        *top[Hit]
	held        map[uint32][]posting // by phrase, the chunks that have all its words
	flat, slope float64
}

func (l *leg) search(words []word) {
	floor := 0.0 // what a chunk needs to come into the list
	if l.best.full() {
		floor = l.best.worst().Score
	}
	next := 0
	for ; next < len(words) && words[next].rest >= floor; next++ {
		l.collect(&words[next])
		if next+1 < len(words) && len(l.found) < len(l.postings(words[next+1].forms[0])) { // else it takes longer than it can save
			floor = max(floor, l.floor(l.found))
		}
	}
	list := l.found
	if next < len(words) {
		list = l.ordered(l.keep(list, floor-words[next].rest))
	}
	for ; next < len(words); next++ {
		l.look(list, &words[next])
		if next+1 < len(words) {
			floor = max(floor, l.floor(list))
			list = l.keep(list, floor-words[next+1].rest)
		}
	}
	for _, chunk := range list {
		if score := l.scores[chunk]; score >= floor && l.open.has(int(chunk)) {
			l.best.add(l.view.hit(l.number, chunk, score))
			if l.best.full() {
				floor = l.best.worst().Score
			}
		}
	}
	l.forget()
}

func (l *leg) postings(term uint32) []posting {
	if term < terms.FirstPhrase {
		return l.view.list(term)
	}
	return l.held[term-terms.FirstPhrase]
}

// together are the chunks that have all words of a phrase, as often as the rarest.
func (l *leg) together(p terms.Phrase) []posting {
	list := slices.Clone(l.union(p[0]))
	for _, forms := range p[1:] {
		more, both := l.union(forms), list[:0]
		for _, x := range list {
			more = from(more, x.chunk)
			if len(more) > 0 && more[0].chunk == x.chunk {
				both = append(both, posting{x.chunk, min(x.tf, more[0].tf)})
			}
		}
		list = both
	}
	return list
}

// collect adds a word to the chunks that have it.
func (l *leg) collect(w *word) {
	for _, p := range l.union(w.forms) {
		score := l.scores[p.chunk]
		if score == 0 {
			l.found = append(l.found, p.chunk)
		}
		l.scores[p.chunk] = score + l.part(w, p)
	}
}

// part is what a word adds to the score of a chunk.
func (l *leg) part(w *word, p posting) float64 {
	tf := float64(p.tf)
	return w.weight * tf / (tf + l.flat + l.slope*float64(l.view.lengths[p.chunk]))
}

// floor is the score of the worst chunk that makes the list full, as far as the
// scores have come; 0 while it isn't full.
func (l *leg) floor(list []uint16) float64 {
	if len(list)+len(l.best.items) < l.best.n {
		return 0
	}
	scores := newTop(l.best.n, func(a, b float64) int { return cmp.Compare(b, a) })
	for _, hit := range l.best.items {
		scores.add(hit.Score)
	}
	least := 0.0
	for _, chunk := range list {
		if score := l.scores[chunk]; score > least && l.open.has(int(chunk)) {
			scores.add(score)
			if scores.full() {
				least = scores.worst()
			}
		}
	}
	return least
}

// keep returns the open chunks of a list whose score is at least least, in the
// memory of the last call.
func (l *leg) keep(list []uint16, least float64) []uint16 {
	kept := l.kept[:0]
	for _, chunk := range list {
		if l.scores[chunk] >= least && l.open.has(int(chunk)) {
			kept = append(kept, chunk)
		}
	}
	l.kept = kept
	return kept
}

// ordered sorts a list in place.
func (l *leg) ordered(list []uint16) []uint16 {
	for _, chunk := range list {
		l.marks.set(int(chunk))
	}
	list = list[:0]
	for w, word := range l.marks[:len(l.open)] {
		for ; word != 0; word &= word - 1 {
			list = append(list, uint16(64*w+bits.TrailingZeros64(word)))
		}
		l.marks[w] = 0
	}
	return list
}

// look adds a word to those chunks of an ascending list that have it.
func (l *leg) look(list []uint16, w *word) {
	lists := make([][]posting, len(w.forms))
	for i, form := range w.forms {
		lists[i] = l.postings(form)
	}
	for _, chunk := range list {
		tf := uint16(0)
		for i := range lists {
			lists[i] = from(lists[i], chunk)
			if len(lists[i]) > 0 && lists[i][0].chunk == chunk {
				tf = max(tf, lists[i][0].tf)
			}
		}
		if tf > 0 {
			l.scores[chunk] += l.part(w, posting{chunk, tf})
		}
	}
}

// from cuts the postings before a chunk, which is near the beginning.
func from(list []posting, chunk uint16) []posting {
	lo, hi := 0, 1 // all before lo are before chunk
	for hi <= len(list) && list[hi-1].chunk < chunk {
		lo, hi = hi, 2*hi
	}
	hi = min(hi, len(list))
	for lo < hi {
		if mid := (lo + hi) / 2; list[mid].chunk < chunk {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return list[lo:]
}

// union joins the postings of forms: of each chunk the most frequent.
func (l *leg) union(forms []uint32) []posting {
	list := l.postings(forms[0])
	for _, form := range forms[1:] {
		more := l.postings(form)
		if len(more) == 0 {
			continue
		}
		l.spare = join(l.spare[:0], list, more)
		l.joined, l.spare = l.spare, l.joined
		list = l.joined
	}
	return list
}

func join(out, a, b []posting) []posting {
	for len(a) > 0 && len(b) > 0 {
		switch x, y := a[0], b[0]; {
		case x.chunk < y.chunk:
			out, a = append(out, x), a[1:]
		case x.chunk > y.chunk:
			out, b = append(out, y), b[1:]
		default:
			out, a, b = append(out, posting{x.chunk, max(x.tf, y.tf)}), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}
