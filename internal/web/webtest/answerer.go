package webtest

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// Answerer answers every question with the sentences of one passage, and finds
// that passage for every search.
type Answerer struct {
	// Before, if set, is called before each event that is emitted; its error ends
	// the answer.
	Before func(ctx context.Context, event int) error

	mu    sync.Mutex
	asked []answer.Question
}

// Asked are the questions so far.
func (a *Answerer) Asked() []answer.Question {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]answer.Question(nil), a.asked...)
}

// Quote is what the passage says.
var Quote = []string{"Größe: open Settings. ", "Choose <b>Reset</b>. 😀"}

// Passage is the passage.
func Passage(base string) kb.Passage {
	return kb.Passage{
		Document: kb.Document{
			ID: kb.DocumentID(base, "help", "reset.md"), KB: base, Source: "help", Path: "reset.md", Title: "Reset",
			URL: "https://example.com/reset", Updated: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Audience: kb.Public,
		},
		Chunks: []string{"chunk"}, Heading: []string{"Reset", "Password"}, Page: 2,
		Text: strings.Join(Quote, ""), Span: kb.Span{Start: 12, End: 12 + len(strings.Join(Quote, ""))}, RuneStart: 10,
		Evidence: 0.8, Relevance: 0.8, Legs: kb.Legs{Lexical: kb.Leg{Rank: 1, Score: 7.5}},
		Features: []kb.Feature{{Name: "heading", Value: 0.5, Contribution: 0.15}},
	}
}

// Retrieve finds the passage.
func (a *Answerer) Retrieve(_ context.Context, s kb.Search) (kb.Retrieved, error) {
	return kb.Retrieved{
		Query: s.Text, Passages: []kb.Passage{Passage(s.KBs[0])}, Answerability: 0.8,
		Timings: []kb.Timing{{Stage: "search", Duration: 1500 * time.Microsecond}},
	}, nil
}

// Answer quotes the passage.
func (a *Answerer) Answer(ctx context.Context, q answer.Question, emit func(answer.Event) error) (answer.Answer, error) {
	a.mu.Lock()
	a.asked = append(a.asked, q)
	a.mu.Unlock()
	if q.Style.Tone == "rude" {
		return answer.Answer{}, kb.Errorf(kb.Invalid, "unknown tone %q: use one of concise, friendly", q.Style.Tone)
	}
	found, err := a.Retrieve(ctx, kb.Search{KBs: q.KBs, Text: q.Text})
	if err != nil {
		return answer.Answer{}, err
	}
	if q.Passages != nil {
		found = *q.Passages
	}
	out := answer.Answer{
		Band: answer.BandAnswer, Relevance: 0.8, Passages: found.Passages, Query: found.Query, Model: "extractive",
		Prompt: prompts.Ref{Name: "support", Hash: "abc"}, Style: q.Style,
		Reasons: []kb.Notice{{Code: "single_source", Message: "Only one document supports this answer."}},
	}
	events := []answer.Event{{Passages: out.Passages, Relevance: out.Relevance}}
	for _, sentence := range Quote {
		start := utf8.RuneCountInString(out.Text)
		out.Text += sentence
		end := utf8.RuneCountInString(out.Text)
		c := kb.Citation{N: 1, Quote: sentence, QuoteStart: 10 + start, QuoteEnd: 10 + end, TextStart: start, TextEnd: end}
		out.Citations = append(out.Citations, c)
		events = append(events, answer.Event{Delta: sentence, Citations: []kb.Citation{c}})
	}
	return out, a.emit(ctx, events, emit)
}

func (a *Answerer) emit(ctx context.Context, events []answer.Event, emit func(answer.Event) error) error {
	for i, e := range events {
		if a.Before != nil {
			if err := a.Before(ctx, i); err != nil {
				return err
			}
		}
		if emit != nil {
			if err := emit(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// Styles are a few choices.
func Styles() prompts.Styles {
	return prompts.Styles{
		Tones:     []prompts.Choice{{Name: "concise", Description: "Short."}, {Name: "friendly", Description: "Warm."}},
		Formats:   []prompts.Choice{{Name: "chat", Description: "A message."}},
		Lengths:   []prompts.Choice{{Name: "short", Description: "A sentence or two."}},
		Languages: []prompts.Choice{{Name: "auto", Description: "The question's."}},
	}
}

// Models are the profiles.
func Models() []api.Model {
	return []api.Model{{Name: "extractive", Kind: "extractive", Default: true}}
}
