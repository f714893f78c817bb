package answer

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/askdesk/askdesk/answer/check"
	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// write fills in the text: a phrase where there is nothing to write from, else
// what the model writes, else what the extractive generator does.
func (a *Answerer) write(ctx context.Context, r *run) error {
	request, err := a.request(r)
	if err != nil {
		return err
	}
	switch r.out.Band {
	case BandHandoff:
		return r.say(r.voice.Phrases.NoAnswer)
	case BandClarify:
		return r.say(r.voice.Phrases.Clarify)
	}
	start := a.opt.Now()
	defer func() {
		r.out.Timings = append(r.out.Timings, kb.Timing{Stage: "generate", Duration: a.opt.Now().Sub(start)})
	}()
	name := r.out.Model
	err = a.generate(ctx, r, request, r.model.Generator)
	switch {
	case err == nil:
		return nil
	case r.fatal(ctx, err):
		return errors.Join(ctx.Err(), err)
	case r.out.Text != "":
		r.notice("ended_early", "The answer ends early: "+because(err))
		return nil
	case name != Extractive:
		a.opt.Log.WarnContext(ctx, "model failed, answer falls back to quotes", "model", name, "error", err)
		r.notice("model_unavailable", fmt.Sprintf("The model %q did not answer (%s), so these are quotes from the documents.", name, strings.TrimSuffix(because(err), ".")))
		r.out.Model = Extractive
		request.Passages = r.out.Passages
		err = a.generate(ctx, r, request, a.opt.Models[Extractive].Generator)
	}
	if errors.Is(err, errNothing) {
		r.out.Band = BandHandoff
		return r.say(r.voice.Phrases.NoAnswer)
	}
	return err
}

// errNothing is a completion without text.
var errNothing = kb.Errorf(kb.Unavailable, "it answered with nothing")

// errEmit marks an error of the caller's emit: nobody is listening any more.
type errEmit struct{ error }

func (e errEmit) Unwrap() error { return e.error }

// fatal reports whether no generator can help: the caller has left.
func (r *run) fatal(ctx context.Context, err error) bool {
	var gone errEmit
	return ctx.Err() != nil || errors.As(err, &gone)
}

// because is what a user may read of why a model failed.
func because(err error) string {
	var known *kb.Error
	switch {
	case errors.As(err, &known):
		return known.Message
	case errors.Is(err, context.DeadlineExceeded):
		return "it took too long."
	}
	return "something went wrong on the way to it; the log has the details."
}

// request renders the prompt and fits the passages to the model's context. All
// passages stay in the answer, so the numbers of those left are the same.
func (a *Answerer) request(r *run) (Request, error) {
	passages := r.out.Passages
	budget := r.model.Context
	if budget == 0 {
		budget = defaultContext
	}
	for {
		rendered, err := r.set.Render(a.opt.Prompt, prompts.Input{
			Question: r.q.Text, Passages: passages, History: r.q.History, Voice: r.voice,
		})
		if err != nil {
			return Request{}, fmt.Errorf("render prompt: %w", err)
		}
		r.out.Prompt = rendered.Ref
		request := Request{Question: r.meant, Synonyms: r.synonyms, Passages: passages, Messages: rendered.Messages, Voice: r.voice, Output: rendered.Output}
		if r.out.Model == Extractive || len(passages) <= 1 || estimate(rendered.Messages)+rendered.Output.MaxTokens <= budget {
			if left := len(r.out.Passages) - len(passages); left > 0 {
				r.notice("passages_left_out", fmt.Sprintf("The model's context holds %d of the %d passages; the others were left out.", len(passages), len(r.out.Passages)))
			}
			return request, nil
		}
		passages = passages[:len(passages)-1]
	}
}

const (
	defaultContext = 8192
	charsPerToken  = 4 // of English prose; fewer in other languages, which the server then says
	tokensPerTurn  = 8
)

// estimate is about how many tokens messages take.
func estimate(messages []prompts.Message) int {
	n := 0
	for _, m := range messages {
		n += utf8.RuneCountInString(m.Content)/charsPerToken + tokensPerTurn
	}
	return n
}

// say makes a phrase of the style files the answer.
func (r *run) say(phrase string) error {
	if r.voice.Layout.Greeting {
		phrase = r.voice.Phrases.Greeting + "\n\n" + phrase
	}
	r.out.Model = Extractive
	r.out.Text = phrase
	return r.emit(Event{Delta: phrase})
}

// generate has g write and lets out what is checked.
func (a *Answerer) generate(ctx context.Context, r *run, request Request, g Generator) error {
	p := r.voice.Phrases
	c := check.New(request.Passages, p.Greeting, p.Opening, p.Closing, p.NoAnswer, p.Clarify)
	let := c.Write
	_, quotes := g.(Quoter)
	if quotes {
		let = c.Quote
	}
	held := holder{run: r, quotes: quotes}
	done, err := g.Generate(ctx, request, func(delta string) error { return held.take(let(delta)) })
	whole := err == nil && done.Finish != FinishLength
	if err == nil || r.out.Text != "" && !r.fatal(ctx, err) {
		if e := held.take(c.Close(whole)); err == nil {
			err = e
		}
	}
	if err == nil {
		err = held.end()
	}
	if err != nil {
		if r.out.Text != "" && !r.fatal(ctx, err) { // it leaves all the same
			r.judge(c)
		}
		return err
	}
	if strings.TrimSpace(r.out.Text) == "" {
		return errNothing
	}
	r.out.Usage = done.Usage
	r.out.Notices = append(r.out.Notices, done.Notices...)
	if !whole {
		r.notice("ended_early", "The answer ends early: the model reached its limit of length.")
	}
	if quotes { // each is a passage's own text, whatever the sentences look like
		c.Uncited = 0
		r.untranslated()
	}
	r.judge(c)
	return nil
}

// untranslated says that the quotes are in another language than the reply.
func (r *run) untranslated() {
	want, others := r.voice.Style.Language, []string{}
	for _, p := range citedPassages(r.out) {
		if l := p.Document.Language; want != "" && l != "" && l != want && !slices.Contains(others, l) {
			others = append(others, l)
		}
	}
	if len(others) == 0 {
		return
	}
	for i, l := range others {
		for _, c := range r.set.Styles().Languages {
			if c.Name == l {
				others[i] = c.Description
			}
		}
	}
	r.notice("quotes_untranslated", "The quotes are in "+strings.Join(others, " and ")+", as the documents are; connect a model for a translated reply.")
}

// FinishLength is the Finish of a completion that a limit of tokens cut off.
const FinishLength = "length"

func (r *run) release(pieces []check.Piece) error {
	for _, p := range pieces {
		r.out.Text += p.Text
		r.out.Citations = append(r.out.Citations, p.Citations...)
		if err := r.emit(Event{Delta: p.Text, Citations: p.Citations}); err != nil {
			return errEmit{err}
		}
	}
	return nil
}

// judge lowers the band of what a model wrote without sources.
func (r *run) judge(c *check.Checker) {
	if c.Dropped > 0 {
		r.notice("citations_removed", count(c.Dropped, "citation to a passage that is not there was", "citations to passages that are not there were")+" removed.")
	}
	if c.Defused > 0 {
		r.notice("markup_removed", "Links, images or HTML that no passage holds were removed.")
	}
	declined := len(r.out.Citations) == 0 && strings.Contains(r.out.Text, r.voice.Phrases.NoAnswer)
	switch {
	case declined:
		r.out.Band = BandHandoff
		r.reason("model_declined", "The model found no answer in the passages.")
	case asksFigure(r.out.Query) && r.out.Band == BandAnswer && !hasFigure(r.out.Text):
		r.out.Band = BandCaveat
		r.reason("no_figure", "The question asks for a number or a date, and the answer names none.")
	}
	if c.Uncited > 0 && !declined {
		r.notice("uncited_sentences", fmt.Sprintf("%s no source.", count(c.Uncited, "sentence names", "sentences name")))
	}
}

// figureAsked is a question that only a number, a date or a time answers.
var figureAsked = regexp.MustCompile(`\bhow (?:many|much|long|often|old|big|large)\b|^when (?:do|does|did|is|are|was|will|can)\b|\bwie (?:viele?|lange|oft|alt|groß)\b|^(?:bis |ab |seit )?wann\b`)

// asksFigure is stricter than text.AsksNumber, because a verdict hangs on it.
func asksFigure(question string) bool { return figureAsked.MatchString(text.Fold(question)) }

// figures are the words that say a number or a time without a digit.
var figures = regexp.MustCompile(`(?i)\p{Nd}|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|once|twice|daily|weekly|monthly|yearly|never|always|immediately|at once|any ?time|unlimited|free|` +
	`no limit|as soon as|when|until|after|before|ein(?:e[nmrs]?)?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|einmal|zweimal|täglich|nie|immer|sofort|jederzeit|unbegrenzt|kostenlos|sobald|wenn|bis|nach|vor)\b`)

// hasFigure reports whether a text says a number, a date or a time. The numbers of
// its citations say none.
func hasFigure(s string) bool { return figures.MatchString(cited.ReplaceAllString(s, "")) }

var cited = regexp.MustCompile(`\[\d+\]`)

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
