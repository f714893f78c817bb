package extractive

import (
	"regexp"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/internal/text"
)

// asked is what a question wants of the units.
type asked struct {
	terms    []questionTerm
	codes    []string
	numeric  bool                           // a number or a date
	steps    bool                           // what to do
	meaning  bool                           // what something is, not what to do about it
	same     *regexp.Regexp                 // of a question about turning something on or off: what says so
	opposite *regexp.Regexp                 // and what says the contrary; nil for other questions
	near     func(texts []string) []float64 // by meaning; nil where only words are compared
}

var (
	turnOn  = regexp.MustCompile(`(?i)\b(?:turn|switch)(?:s|ed|ing)?(?: \S+)? on\b|\b(?:enabl|activat)(?:e[ds]?|ing)\b|\b(?:einschalten|aktivieren)\b`)
	turnOff = regexp.MustCompile(`(?i)\b(?:turn|switch)(?:s|ed|ing)?(?: \S+)? off\b|\b(?:disabl|deactivat)(?:e[ds]?|ing)\b|\b(?:ausschalten|abschalten|deaktivieren)\b`)
	askHow  = regexp.MustCompile(`\bhow (?:do|does|can|could|should|would|to)\b|\bwie (?:kann|können|muss|soll|mache|geht|\p{L}+e (?:ich|wir))\b`)
	askWhat = regexp.MustCompile(`\bwhat (?:does|do|is|are) .*\bmean(?:ing)?\b|\bmeaning of\b|\bwas (?:bedeutet|heißt)\b|\bbedeutung von\b`)
	askElse = regexp.MustCompile(`\b(?:what|when|which|why|who|where|how|is|are|does|did|can|will|was|wann|welche[rsn]?|warum|wer|wo|wie|ist|sind|gibt)\b`)
)

// bareTask is how many words a question has at most that only names a task:
// "reset password". A longer one without a question word tells a story.
const bareTask = 5

// understand reads what a question wants.
func understand(question string, terms []questionTerm, codes []string) asked {
	q := asked{terms: terms, codes: codes, numeric: text.AsksNumber(question)}
	folded := text.Fold(question)
	q.steps = askHow.MatchString(folded) || !askElse.MatchString(folded) && len(text.Words(question)) <= bareTask
	q.meaning = askWhat.MatchString(folded) && len(text.Sentences(question)) == 1 // else it also tells a problem
	switch on, off := turnOn.MatchString(question), turnOff.MatchString(question); {
	case off && !on:
		q.opposite, q.same = turnOn, turnOff
	case on && !off:
		q.opposite, q.same = turnOff, turnOn
	}
	if q.opposite != nil { // the verb says the same of on and off
		q.terms = slices.DeleteFunc(q.terms, func(t questionTerm) bool { return t.word == "turn" || t.word == "switch" })
	}
	return q
}

// turns is the factor of a unit, with the headings above it, in a question about
// turning something off, or on: what tells the contrary is no answer.
func (q asked) turns(s string) float64 {
	switch {
	case q.opposite == nil:
	case q.same.MatchString(s):
		return agrees
	case q.opposite.MatchString(s):
		return contrary
	}
	return 1
}

// names reports whether a title or heading has a code that the question asks about.
func (q asked) names(title string) bool {
	title = text.Fold(title)
	for _, c := range q.codes {
		if strings.Contains(title, c) {
			return true
		}
	}
	return false
}
