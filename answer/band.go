package answer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// band decides what the answer is good for before it is written.
func (a *Answerer) band(r *run) Band {
	switch t := a.opt.Thresholds; {
	case r.courtesy, len(r.terms) == 0 && r.q.Passages == nil:
		return BandClarify
	case len(r.out.Passages) == 0 || r.out.Relevance < t.Handoff:
		return BandHandoff
	case vague(r):
		return BandClarify
	case r.out.Relevance < t.Answer:
		return BandCaveat
	}
	return BandAnswer
}

// tie is how close the evidence of passages must be to call them equal.
const tie = 0.02

// vague reports whether the question is one word that three documents match
// equally: then asking back helps more than any of them.
func vague(r *run) bool {
	if len(r.terms) != 1 || r.terms[0].identifier || len(r.out.Passages) < 3 {
		return false
	}
	documents := map[string]bool{}
	for _, p := range r.out.Passages[:3] {
		if math.Abs(r.out.Passages[0].Evidence-p.Evidence) > tie { // a reranker may put a weaker one first
			return false
		}
		documents[p.Document.ID] = true
	}
	return len(documents) == 3
}

// explain says in words why the answer stands in its band.
func (a *Answerer) explain(r *run) {
	out := &r.out
	switch {
	case r.courtesy:
		r.reason("no_question", "The message thanks or greets; it asks nothing.")
	case out.Band == BandClarify && len(out.Passages) == 0:
		r.reason("too_vague", "The question has no word to search for.")
	case out.Band == BandClarify:
		r.reason("too_vague", "One word that fits several articles equally: "+titles(out.Passages[:min(3, len(out.Passages))])+".")
	case len(out.Passages) == 0:
		r.reason("no_evidence", "No passage of the documents has to do with the question.")
	case out.Relevance < a.opt.Thresholds.Handoff:
		r.reason("weak_evidence", "The nearest passages do not answer the question.")
	case out.Relevance < a.opt.Thresholds.Answer:
		r.reason("weak_evidence", "The best source matches partly; read it before you send this.")
	}
	words := slices.DeleteFunc(slices.Clone(r.terms), func(t term) bool {
		if searchedAs(r.searched, text.Fold(t.word)) { // a notice or the search tells of it
			return true
		}
		if r.mail { // its names are people and places; a code is not
			return !t.identifier
		}
		return out.Band == BandAnswer && !t.name // other words may have synonyms; a name has none
	})
	if missing := words.missing(out.Passages); len(missing) > 0 && len(out.Passages) > 0 {
		r.reason("missing_terms", "Only part of the question is covered: no passage found holds "+quoted(missing)+".")
	}
	a.explainSources(r)
}

// explainSources says what is notable about the documents that are cited.
func (a *Answerer) explainSources(r *run) {
	cited := citedPassages(r.out)
	documents := map[string]bool{}
	for _, p := range cited {
		d := p.Document
		if documents[d.ID] {
			continue
		}
		documents[d.ID] = true
		switch {
		case !d.ValidUntil.IsZero() && !d.ValidUntil.After(r.q.AsOf):
			r.reason("outdated_source", fmt.Sprintf("“%s” was valid until %s.", title(d), d.ValidUntil.Format("2 January 2006")))
		case !d.Updated.IsZero() && r.q.AsOf.Sub(d.Updated) > a.opt.StaleAfter:
			r.reason("outdated_source", fmt.Sprintf("“%s” was last updated on %s.", title(d), d.Updated.Format("2 January 2006")))
		}
		if d.Audience == kb.Agent {
			r.reason("agent_only", fmt.Sprintf("“%s” is for agents only: do not pass it on as it stands.", title(d)))
		}
	}
	if len(documents) == 1 && r.out.Band == BandCaveat {
		r.reason("single_source", "Only one document supports this answer: check it there.")
	}
}

// citedPassages are the passages that the answer cites, each once, in order.
func citedPassages(out Answer) (list []kb.Passage) {
	seen := map[int]bool{}
	for _, c := range out.Citations {
		if !seen[c.Passage] {
			seen[c.Passage] = true
			list = append(list, out.Passages[c.Passage])
		}
	}
	return list
}

func title(d kb.Document) string {
	if d.Title != "" {
		return d.Title
	}
	return d.Path
}

func titles(passages []kb.Passage) string {
	var list []string
	for _, p := range passages {
		list = append(list, title(p.Document))
	}
	return quoted(list)
}

func quoted(words []string) string { return "“" + strings.Join(words, "”, “") + "”" }

// term is a word of the question that carries meaning.
type term struct {
	word       string // as typed
	stem       string
	identifier bool
	name       bool // an identifier, a number or a capitalised word inside the question
}

type terms []term

// contentTerms are the words of a question that carry meaning, each once.
func contentTerms(question, language string) (list terms) {
	seen := map[string]bool{}
	for _, w := range text.Words(question) {
		stem := text.Stem(stemming(language), w.Text)
		if seen[stem] || !w.Identifier && (text.Stop(stemming(language), w.Text) || filler[w.Text]) {
			continue
		}
		seen[stem] = true
		typed := question[w.Start:w.End]
		first, _ := utf8.DecodeRuneInString(typed)
		named := w.Identifier || unicode.IsDigit(first) || unicode.IsUpper(first) && w.Start > 0 && language != "de"
		list = append(list, term{typed, stem, w.Identifier, named})
	}
	return list
}

// stemming is the language whose rules are used where none is known.
func stemming(language string) string {
	if language == "" {
		return "en"
	}
	return language
}

// filler are words of questions that say nothing about their subject.
var filler = map[string]bool{
	"help": true, "hi": true, "hello": true, "hey": true, "please": true, "thanks": true, "thank": true, "ok": true, "okay": true,
	"hallo": true, "bitte": true, "danke": true, "hilfe": true, "problem": true, "question": true, "frage": true,
}

// measure are words that ask how much, which no passage has to hold.
var measure = map[string]bool{
	"long": true, "many": true, "much": true, "often": true, "big": true, "large": true, "old": true, "far": true, "fast": true,
	"lange": true, "viele": true, "viel": true, "oft": true, "groß": true, "teuer": true, "alt": true, "weit": true, "schnell": true,
}

// missing are the question's words, as typed, that no passage holds: in its
// text, its heading or its document's title.
func (t terms) missing(passages []kb.Passage) (words []string) {
	held := map[string]bool{}
	for _, p := range passages {
		all := p.Document.Title + "\n" + strings.Join(p.Heading, "\n") + "\n" + p.Text
		for _, w := range text.Words(all) {
			for _, form := range append(w.Parts, w.Text) {
				held[form] = true
				held[text.Stem(stemming(p.Document.Language), form)] = true
			}
		}
	}
	for _, x := range t {
		if !measure[text.Fold(x.word)] && !held[x.stem] && !held[text.Fold(x.word)] && !anyHeld(held, x.word) {
			words = append(words, x.word)
		}
	}
	return words
}

// anyHeld reports whether the passages hold a part of a compound.
func anyHeld(held map[string]bool, word string) bool {
	for _, w := range text.Words(word) {
		for _, p := range w.Parts {
			if held[p] {
				return true
			}
		}
	}
	return false
}
