package answer

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// Extractive is the name of the profile that quotes and needs no model.
const Extractive = "extractive"

// Model is a profile that a question may name.
type Model struct {
	Generator Generator
	Context   int // tokens that a prompt and its answer may take; 0 is 8,192
}

// Thresholds decide the band from the chance that the documents answer, 0 to 1.
type Thresholds struct {
	Handoff float64 // below it the documents do not answer
	Answer  float64 // from it on the answer can be sent; caveat in between
}

// DefaultThresholds are those of Options whose Thresholds are zero.
var DefaultThresholds = Thresholds{Handoff: 0.60, Answer: 0.90}

// Options of an Answerer. Retriever, Prompts and a model "extractive" are needed.
type Options struct {
	Retriever  Retriever
	Prompts    *prompts.Library
	Models     map[string]Model // by profile; Extractive must be there and is the fallback
	Default    string           // profile of questions that name none; "" is Extractive
	Prompt     string           // "" is "support"
	Thresholds Thresholds
	Limit      int              // passages where the question asks for none; 0 is 5
	StaleAfter time.Duration    // age from which a source is called old; 0 is three years
	Log        *slog.Logger     // nil discards
	Now        func() time.Time // nil is time.Now
}

// Answerer answers questions. It is safe for concurrent use.
type Answerer struct{ opt Options }

const (
	maxQuestion  = 32 << 10 // bytes
	defaultLimit = 5
	staleAfter   = 3 * 365 * 24 * time.Hour
)

// New makes an Answerer. It is an error to leave out what Options needs.
func New(opt Options) (*Answerer, error) {
	if opt.Default == "" {
		opt.Default = Extractive
	}
	if opt.Retriever == nil || opt.Prompts == nil || opt.Models[Extractive].Generator == nil {
		return nil, kb.Errorf(kb.Internal, "an Answerer needs a retriever, prompts and the model %q", Extractive)
	}
	if _, ok := opt.Models[opt.Default]; !ok {
		return nil, unknownModel(opt.Models, opt.Default)
	}
	if opt.Prompt == "" {
		opt.Prompt = "support"
	}
	if opt.Thresholds == (Thresholds{}) {
		opt.Thresholds = DefaultThresholds
	}
	if opt.Limit == 0 {
		opt.Limit = defaultLimit
	}
	if opt.StaleAfter == 0 {
		opt.StaleAfter = staleAfter
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return &Answerer{opt: opt}, nil
}

func unknownModel(models map[string]Model, name string) error {
	return kb.Errorf(kb.Invalid, "unknown model %q: use one of %s", name, strings.Join(slices.Sorted(maps.Keys(models)), ", "))
}

// Models are the names of the profiles, sorted.
func (a *Answerer) Models() []string { return slices.Sorted(maps.Keys(a.opt.Models)) }

// Default is the profile of questions that name none.
func (a *Answerer) Default() string { return a.opt.Default }

// Answer answers q. As it goes it calls emit, which may be nil, from the calling
// goroutine: once with the passages, then with the text in whole checked
// sentences; an error of emit ends it and is returned. An answer that the
// documents do not hold is no error. A model that fails before the first
// sentence is replaced by the extractive one, with a notice.
func (a *Answerer) Answer(ctx context.Context, q Question, emit func(Event) error) (Answer, error) {
	if emit == nil {
		emit = func(Event) error { return nil }
	}
	start := a.opt.Now()
	r, err := a.prepare(q)
	if err != nil {
		return Answer{}, err
	}
	r.emit = emit
	if err := a.retrieve(ctx, r); err != nil {
		return Answer{}, err
	}
	if err := emit(Event{Passages: r.out.Passages, Relevance: r.out.Relevance, Calibrated: r.out.Calibrated}); err != nil {
		return Answer{}, err
	}
	if err := a.write(ctx, r); err != nil {
		return Answer{}, err
	}
	a.explain(r)
	r.out.Timings = append(r.out.Timings, kb.Timing{Stage: "total", Duration: a.opt.Now().Sub(start)})
	return r.out, nil
}

// run is one question on its way.
type run struct {
	q        Question
	set      *prompts.Set
	voice    prompts.Voice
	model    Model
	meant    string              // the query with its mistyped words put right
	searched kb.Retrieved        // what the search did with the words of the query
	synonyms map[string][]string // of meant: see Request
	terms    terms
	mail     bool // a long question, of which only the sentences that ask were searched for
	emit     func(Event) error
	out      Answer

	courtesy bool // thanks or a greeting, not a question
}

// prepare checks the question and understands it.
func (a *Answerer) prepare(q Question) (*run, error) {
	q.Text = strings.TrimSpace(strings.ToValidUTF8(q.Text, "\uFFFD"))
	switch {
	case q.Text == "":
		return nil, kb.Errorf(kb.Invalid, "the question is empty: type what the customer wants to know")
	case len(q.Text) > maxQuestion:
		return nil, kb.Errorf(kb.TooLarge, "the question has %d KB, %d are allowed: paste only the part that asks", (len(q.Text)+1023)>>10, maxQuestion>>10)
	case q.Limit < 0:
		return nil, kb.Errorf(kb.Invalid, "limit must not be negative")
	}
	if q.Limit == 0 {
		q.Limit = a.opt.Limit
	}
	if q.AsOf.IsZero() {
		q.AsOf = a.opt.Now()
	}
	for i, t := range q.History {
		if t.Role != prompts.User && t.Role != prompts.Assistant {
			return nil, kb.Errorf(kb.Invalid, "history turn %d has role %q: use user or assistant", i+1, t.Role)
		}
	}
	name := q.Model
	if name == "" {
		name = a.opt.Default
	}
	model, ok := a.opt.Models[name]
	if !ok {
		return nil, unknownModel(a.opt.Models, name)
	}
	set := a.opt.Prompts.Current()
	voice, err := set.Voice(a.opt.Prompt, q.Style)
	if err != nil {
		return nil, err
	}
	if voice.Style.Language == "" {
		if voice, err = a.inLanguage(set, q, voice); err != nil {
			return nil, err
		}
	}
	r := &run{q: q, set: set, voice: voice, model: model}
	r.out = Answer{Model: name, Style: voice.Style}
	if r.courtesy = courtesy(q.Text); r.courtesy {
		r.out.Query = q.Text
		return r, nil
	}
	query, added := understand(q.Text, q.History, voice.Style.Language)
	r.out.Query = query
	if len(added) > 0 {
		r.notice("followup_resolved", "Understood together with the conversation; added: "+strings.Join(added, ", ")+".")
	}
	r.terms = contentTerms(query, voice.Style.Language)
	return r, nil
}

// inLanguage is the voice in the question's language, where its words tell one
// that has a style file.
func (a *Answerer) inLanguage(set *prompts.Set, q Question, voice prompts.Voice) (prompts.Voice, error) {
	var declared []string
	for _, c := range set.Styles().Languages {
		declared = append(declared, c.Name)
	}
	guess := guessLanguage(q.Text, declared)
	if guess == "" {
		for _, t := range slices.Backward(q.History) {
			if guess = guessLanguage(t.Content, declared); guess != "" {
				break
			}
		}
	}
	if guess == "" {
		return voice, nil
	}
	style := voice.Style
	style.Language = guess
	spoken, err := set.Voice(a.opt.Prompt, style)
	if kb.CodeOf(err) == kb.Invalid { // the prompt does not allow that language
		return voice, nil
	}
	return spoken, err
}

// retrieve finds the passages, or takes those that the question brings.
func (a *Answerer) retrieve(ctx context.Context, r *run) error {
	found := r.q.Passages
	if r.courtesy {
		found = nil
	}
	if found == nil && len(r.terms) > 0 {
		got, err := a.opt.Retriever.Retrieve(ctx, kb.Search{
			KBs: r.q.KBs, Text: r.out.Query, Audience: r.q.Audience,
			Filter: r.q.Filter, AsOf: r.q.AsOf, Limit: r.q.Limit,
		})
		if err != nil {
			return err
		}
		found = &got
	}
	r.out.Passages = []kb.Passage{}
	var corrected map[string]string
	if found != nil {
		r.out.Passages = append(r.out.Passages, found.Passages...)
		r.out.Relevance, r.out.Calibrated = min(max(found.Answerability, 0), 1), found.Calibrated
		r.out.Notices = append(r.out.Notices, found.Notices...)
		r.out.Timings = append(r.out.Timings, found.Timings...)
		r.shorten(found.Query)
		corrected, r.synonyms = found.Corrected, map[string][]string{}
		for phrase, texts := range found.Synonyms {
			r.synonyms[asMeant(phrase, corrected)] = texts
		}
		r.searched = *found
	}
	r.meant = asMeant(r.out.Query, corrected)
	r.out.Band = a.band(r)
	return nil
}

// asMeant is a query with mistyped words put right: quotes are chosen by its words.
func asMeant(query string, corrected map[string]string) string {
	if len(corrected) == 0 {
		return query
	}
	var b strings.Builder
	last := 0
	for _, w := range text.Words(query) {
		if right := corrected[w.Text]; right != "" && w.Start >= last {
			b.WriteString(query[last:w.Start] + right)
			last = w.End
		}
	}
	return b.String() + query[last:]
}

// searchedAs reports whether another word was searched for in place of a folded word, or
// beside it: that no passage has the word itself says nothing then.
func searchedAs(found kb.Retrieved, word string) bool {
	if found.Corrected[word] != "" {
		return true
	}
	for phrase := range found.Synonyms {
		if slices.Contains(strings.Fields(phrase), word) {
			return true
		}
	}
	return false
}

// shorten takes over what was searched for of a pasted mail: its greeting,
// signature and story are not what it asks.
func (r *run) shorten(searched string) {
	if searched == "" || searched == r.out.Query {
		return
	}
	r.out.Query, r.mail = searched, true
	r.terms = contentTerms(searched, r.voice.Style.Language)
}

func (r *run) notice(code, message string) {
	r.out.Notices = append(r.out.Notices, kb.Notice{Code: code, Message: message})
}

func (r *run) reason(code, message string) {
	r.out.Reasons = append(r.out.Reasons, kb.Notice{Code: code, Message: message})
}
