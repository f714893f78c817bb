// Package answertest holds readable fakes for tests of whatever answers, and
// the contract suites of answer.Generator and answer.Retriever.
package answertest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/kb"
)

// Script is a Generator that says what it is told. Its zero value says nothing.
// It is safe for concurrent use.
type Script struct {
	Say    []string      // the deltas, in order
	Wait   time.Duration // before each delta
	Fail   error         // returned after the last delta
	Finish string        // "" is stop
	Usage  answer.Usage

	mu       sync.Mutex
	requests []answer.Request
}

// Generate emits the deltas of the script.
func (s *Script) Generate(ctx context.Context, r answer.Request, emit func(string) error) (answer.Completion, error) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	s.mu.Unlock()
	done := answer.Completion{Model: "script", Finish: "stop", Usage: s.Usage}
	if s.Finish != "" {
		done.Finish = s.Finish
	}
	for _, delta := range s.Say {
		if s.Wait > 0 {
			select {
			case <-time.After(s.Wait):
			case <-ctx.Done():
			}
		}
		if err := ctx.Err(); err != nil {
			return done, err
		}
		if err := emit(delta); err != nil {
			return done, err
		}
		done.Text += delta
	}
	return done, s.Fail
}

// Requests are the requests so far.
func (s *Script) Requests() []answer.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]answer.Request(nil), s.requests...)
}

// Shelf is a Retriever over fixed passages: it returns those that share a word
// with the search, in the order of the shelf. It is safe for concurrent use.
type Shelf struct {
	KBs           []string // those it knows; empty: all
	Passages      []kb.Passage
	Answerability float64 // of what it finds; 0 is 0.95
	Fail          error

	mu       sync.Mutex
	searches []kb.Search
}

// Retrieve looks along the shelf.
func (s *Shelf) Retrieve(ctx context.Context, q kb.Search) (kb.Retrieved, error) {
	s.mu.Lock()
	s.searches = append(s.searches, q)
	s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return kb.Retrieved{}, err
	}
	if s.Fail != nil {
		return kb.Retrieved{}, s.Fail
	}
	for _, name := range q.KBs {
		if len(s.KBs) > 0 && !slices.Contains(s.KBs, name) {
			return kb.Retrieved{}, kb.Errorf(kb.NotFound, "there is no knowledge base %q: use one of %s", name, strings.Join(s.KBs, ", "))
		}
	}
	out := kb.Retrieved{Query: q.Text}
	limit := q.Limit
	if limit == 0 {
		limit = 5
	}
	for _, p := range s.Passages {
		if len(out.Passages) < limit && q.Audience.May(p.Document.Audience) && shareWord(q.Text, p.Text) {
			out.Passages = append(out.Passages, p)
		}
	}
	if len(out.Passages) > 0 {
		if out.Answerability = s.Answerability; out.Answerability == 0 {
			out.Answerability = 0.95
		}
	}
	return out, nil
}

// Searches are the searches so far.
func (s *Shelf) Searches() []kb.Search {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]kb.Search(nil), s.searches...)
}

func shareWord(a, b string) bool {
	b = strings.ToLower(b)
	for _, w := range strings.Fields(strings.ToLower(a)) {
		if w = strings.Trim(w, ".,?!:;\"'()"); len(w) > 3 && strings.Contains(b, w) {
			return true
		}
	}
	return false
}

// Passage is a passage of a document of its own, for tests.
func Passage(title, text string) kb.Passage {
	return kb.Passage{
		Document: kb.Document{
			ID: kb.DocumentID("test", "docs", title), KB: "test", Source: "docs", Path: strings.ToLower(strings.ReplaceAll(title, " ", "-")) + ".md",
			Title: title, Language: "en", Audience: kb.Agent,
		},
		Text: text, Span: kb.Span{Start: 0, End: len(text)}, Evidence: 0.8, Relevance: 0.6,
	}
}
