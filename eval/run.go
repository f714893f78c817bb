package eval

import (
	"context"
	"fmt"
	"slices"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/kb"
)

// Answerer answers a question as serve does; answer.Answerer is one.
type Answerer interface {
	Answer(ctx context.Context, q answer.Question, emit func(answer.Event) error) (answer.Answer, error)
}

// Options say what to measure. Retriever and Questions are needed.
type Options struct {
	Questions []Question // each names its knowledge base
	Leg       Leg        // that Retriever searches alone; "" where it is the product's
	Retriever answer.Retriever
	Answerer  Answerer // nil measures the search only, and follow-ups only without history
	Model     string   // profile that answers; "" is the default one
	Passages  int      // asked of a search; 0 is as many as a search that does not say
}

// Outcome is what became of an answer.
type Outcome string

// The outcomes. An unanswerable question is right to be handed off.
const (
	Right     Outcome = "right"      // the text holds what it must
	Wrong     Outcome = "wrong"      // it answered, and the text does not
	HandedOff Outcome = "handed_off" // or asked back
)

// modelUnavailable is the code of an answerer's notice that it fell back to quotes.
const modelUnavailable = "model_unavailable"

// Result is what became of one question.
type Result struct {
	Question      Question  `json:"question"`
	Query         string    `json:"query"`                  // as searched, without history
	RightAt       int       `json:"right_at"`               // place of the first right passage, from 1; 0: none
	Answerability float64   `json:"answerability"`          // of the search
	Passages      []Found   `json:"passages"`               // of the search
	Answer        *Answered `json:"answer"`                 // null without an answerer
	Alone         *Answered `json:"answer_alone,omitempty"` // of a follow-up: without its history
}

// Found is a passage of a result.
type Found struct {
	Path      string   `json:"path"`
	Heading   []string `json:"heading"`
	Text      string   `json:"text"`
	Relevance float64  `json:"relevance"`
}

// Answered is what the answerer made of a question.
type Answered struct {
	Outcome   Outcome     `json:"outcome"`
	Band      answer.Band `json:"band"`
	Relevance float64     `json:"relevance"`
	Query     string      `json:"query"` // as searched, with history
	RightAt   int         `json:"right_at"`
	Text      string      `json:"text"`
	Fallback  bool        `json:"fallback,omitempty"` // quotes, because the model did not answer
}

// fallbacks counts a for a sum; nil, where nothing was asked, is 0.
func (a *Answered) fallbacks() int {
	if a == nil || !a.Fallback {
		return 0
	}
	return 1
}

// Run asks every question and counts.
func Run(ctx context.Context, opt Options) (Report, error) {
	results := make([]Result, 0, len(opt.Questions))
	for _, q := range opt.Questions {
		r, err := ask(ctx, opt, q)
		if err != nil {
			return Report{}, fmt.Errorf("question %s: %w", q.ID, err)
		}
		results = append(results, r)
	}
	return summarise(opt, results), nil
}

func ask(ctx context.Context, opt Options, q Question) (Result, error) {
	got, err := opt.Retriever.Retrieve(ctx, kb.Search{KBs: []string{q.KB}, Text: q.Text, Audience: kb.Agent, Limit: opt.Passages})
	if err != nil {
		return Result{}, err
	}
	r := Result{Question: q, Query: got.Query, RightAt: rightAt(q, got.Passages), Answerability: got.Answerability}
	for _, p := range got.Passages {
		r.Passages = append(r.Passages, Found{Path: p.Document.Path, Heading: p.Heading, Text: p.Text, Relevance: p.Relevance})
	}
	if opt.Answerer == nil {
		return r, nil
	}
	if r.Answer, err = answered(ctx, opt, q, q.history()); err != nil {
		return Result{}, err
	}
	if q.Kind == KindFollowUp {
		r.Alone, err = answered(ctx, opt, q, nil)
	}
	return r, err
}

func answered(ctx context.Context, opt Options, q Question, history []kb.Turn) (*Answered, error) {
	a, err := opt.Answerer.Answer(ctx, answer.Question{
		Text: q.Text, History: history, KBs: []string{q.KB}, Audience: kb.Agent, Model: opt.Model,
	}, nil)
	if err != nil {
		return nil, err
	}
	return &Answered{
		Outcome: outcome(q, a), Band: a.Band, Relevance: a.Relevance, Query: a.Query,
		RightAt: rightAt(q, a.Passages), Text: a.Text,
		Fallback: slices.ContainsFunc(a.Notices, func(n kb.Notice) bool { return n.Code == modelUnavailable }),
	}, nil
}

func outcome(q Question, a answer.Answer) Outcome {
	switch {
	case a.Band == answer.BandHandoff || a.Band == answer.BandClarify:
		return HandedOff
	case q.Answerable && holds(a.Text, q.Must):
		return Right
	default:
		return Wrong
	}
}
