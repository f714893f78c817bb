// Package understand reads a question before it is searched for: what of a pasted
// mail it asks, what it is not about, and how it is compared by meaning.
package understand

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/internal/text/letter"
)

// A question of up to shortWords words is searched for as it stands: every word of
// it counts. A longer one loses what is not about anything: greeting, courtesies and
// signature. One that is still longer than longWords is reduced to its subject and the
// sentences that ask or name an error code, of at most mostWords words, and those up to
// longWords that share a word with them; and where these have fewer than tellingWords
// that say something, to what describes a problem or stands nearby.
const (
	shortWords   = 20
	longWords    = 60
	mostWords    = 200
	tellingWords = 2
	nearby       = 2 // sentences
)

// Words by which a sentence describes a problem, and those by which it may. In other
// languages a question mark or an error code still tells; where nothing does, every
// sentence stays.
var (
	symptoms = set(`error errors fail fails failed failing failure cannot can't couldn't unable doesn't don't didn't won't isn't never
		wrong broken problem issue crash crashes missing lost stuck refuses refused denied rejected stolen
		fehler fehlgeschlagen falsch kaputt problem fehlt verloren hängt nie kein keine keinen nicht`)
	hints = set(`how why what where when which not no instead anymore need want
		wie warum was wo wann welche welcher brauche möchte will`)
)

// Phrases by which a sentence without a question mark asks.
var requests = []string{
	"tell me", "let me know", "like to know", "want to know", "need to know", "wonder if", "wonder whether", "wondering", "please explain", "please help me",
	"how do i", "how can i", "how do we", "how can we", "is there a way",
	"sagen sie mir", "wissen, ", "teilen sie mir", "erklären sie", "wie kann ich", "wie können wir",
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// Condense returns what to search for, and whether so much was left out that one has
// to say so: more than greeting, courtesies and signature.
func Condense(s string) (short string, reduced bool) {
	if WordCount(s) <= shortWords {
		return s, false
	}
	subject, body := letter.Parts(s)
	if WordCount(body) == 0 {
		subject, body = "", s
	}
	all := sentencesOf(subject, body)
	said := slices.DeleteFunc(slices.Clone(all), func(x sentence) bool { return x.says == nothing })
	if len(said) == 0 {
		said = all
	}
	if len(said) == len(all) && body == strings.TrimSpace(s) && WordCount(s) <= longWords {
		return s, false
	}
	if short = join(said); WordCount(short) <= longWords {
		if WordCount(short) == 0 {
			short = firstWords(s, mostWords) // nothing but rules and quoted lines
		}
		return short, WordCount(s) > longWords && WordCount(short) < WordCount(s)
	}
	short = join(telling(said))
	return short, WordCount(short) < WordCount(s)
}

// The worth of a sentence, in rising order.
const (
	nothing = iota // a courtesy
	story
	hint
	symptom
	coded // it has an error code, an option or the like
	asking
)

// sentence is one of a mail.
type sentence struct {
	text  string
	words int
	says  int
	tells map[string]bool // its words that say something, stemmed
}

func newSentence(s string, says int) sentence {
	x := sentence{s, WordCount(s), says, map[string]bool{}}
	for _, w := range text.Words(s) {
		if !stop(w.Text) {
			x.tells[text.Stem("en", w.Text)] = true
		}
	}
	return x
}

func sentencesOf(subject, body string) (list []sentence) {
	if subject != "" {
		list = append(list, newSentence(subject, max(coded, worth(subject))))
	}
	for _, span := range text.Sentences(body) {
		t := body[span.Start:span.End]
		list = append(list, newSentence(t, worth(t)))
	}
	return list
}

// worth tells what a sentence is good for. A question in brackets is an aside.
func worth(s string) int {
	low := text.Fold(s)
	if strings.ContainsAny(unbracketed(s), "?？") || slices.ContainsFunc(requests, func(r string) bool { return strings.Contains(low, r) }) {
		return asking
	}
	best := story
	for _, w := range text.Words(s) {
		switch {
		case w.Identifier && !strings.ContainsAny(w.Text, "@/") && strings.ContainsAny(s[w.Start:w.End], "0123456789_"):
			return coded
		case symptoms[w.Text]:
			best = symptom
		case hints[w.Text]:
			best = max(best, hint)
		}
	}
	if best < symptom && letter.Courtesy(s) {
		return nothing
	}
	return best
}

// unbracketed is s without what stands in round brackets.
func unbracketed(s string) string {
	from, to := strings.IndexByte(s, '('), strings.IndexByte(s, ')')
	if from < 0 || to < from {
		return s
	}
	return s[:from] + s[to+1:]
}

// telling picks the sentences of a long mail that are searched for.
func telling(all []sentence) []sentence {
	p := picker{all: all, keep: make([]bool, len(all)), told: map[string]bool{}}
	var asked, rest []int
	for i, s := range all {
		if s.says == asking {
			asked = append(asked, i)
		} else {
			rest = append(rest, i)
		}
	}
	for _, i := range slices.Backward(asked) { // who tells a story asks at its end
		p.take(i)
	}
	for _, i := range rest {
		if all[i].says == coded {
			p.take(i)
		}
	}
	want := maps.Clone(p.told)
	shared, far := make([]int, len(all)), make([]int, len(all))
	for _, i := range rest {
		for w := range all[i].tells {
			if want[w] {
				shared[i]++
			}
		}
		far[i] = distance(i, asked)
	}
	slices.SortStableFunc(rest, func(a, b int) int {
		return cmp.Or(shared[b]-shared[a], all[b].says-all[a].says, far[a]-far[b])
	})
	for _, i := range rest {
		switch {
		case shared[i] > 0:
			all[i] = all[i].about(want)
			if p.words+all[i].words > longWords {
				return p.kept()
			}
			p.take(i)
		case len(asked) == 0 && all[i].says > story, len(p.told) < tellingWords && (all[i].says > story || far[i] <= nearby):
			p.take(i)
		}
	}
	return p.kept()
}

// about is a sentence of those of its clauses that have some of the words.
func (s sentence) about(words map[string]bool) sentence {
	var kept []string
	for _, clause := range strings.Split(s.text, ", ") {
		for w := range newSentence(clause, 0).tells {
			if words[w] {
				kept = append(kept, clause)
				break
			}
		}
	}
	return newSentence(strings.Join(kept, ", "), s.says)
}

// picker keeps whole sentences of at most mostWords words together.
type picker struct {
	all   []sentence
	keep  []bool
	words int
	told  map[string]bool // the words of those that are kept
}

func (p *picker) take(i int) {
	s := p.all[i]
	if p.keep[i] || p.words+s.words > mostWords {
		return
	}
	p.keep[i] = true
	p.words += s.words
	maps.Copy(p.told, s.tells)
}

// kept are in the order of the mail; if none is, they are cut.
func (p *picker) kept() (list []sentence) {
	for i, s := range p.all {
		if p.keep[i] {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		list = append(list, sentence{text: firstWords(join(p.all), mostWords)})
	}
	return list
}

// distance is how far a sentence stands from the next question behind it, or twice
// as far as from the last one before it. Asked is in order.
func distance(i int, asked []int) int {
	best := 1 << 20
	next, _ := slices.BinarySearch(asked, i)
	if next < len(asked) {
		best = asked[next] - i
	}
	if next > 0 {
		best = min(best, 2*(i-asked[next-1]))
	}
	return best
}

func join(list []sentence) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = s.text
	}
	return strings.Join(texts, "\n")
}

func firstWords(s string, n int) string {
	words := strings.Fields(s)
	s = strings.Join(words[:min(n, len(words))], " ")
	return text.Cut(s, n*runesPerWord)
}

// runesPerWord bounds a word where a script puts no spaces between words.
const runesPerWord = 12

// WordCount counts words between white space, and longer runs by their length.
func WordCount(s string) int {
	return max(len(strings.Fields(s)), utf8.RuneCountInString(s)/runesPerWord)
}
