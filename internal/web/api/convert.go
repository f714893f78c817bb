package api

import (
	"time"
	"unicode/utf8"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/kb"
)

// KB is f in the terms of the rooms.
func (f *Filter) KB() kb.Filter {
	if f == nil {
		return kb.Filter{}
	}
	return kb.Filter{Document: f.Document, Product: f.Product, Version: f.Version, Tags: f.Tags, Language: f.Language}
}

// Turns are earlier turns in the terms of the rooms.
func Turns(turns []Turn) []kb.Turn {
	return each(turns, func(t Turn) kb.Turn { return kb.Turn{Role: t.Role, Content: t.Content} })
}

// FromAnswer is what an answer says; who asked it when is the caller's to fill in.
func FromAnswer(a answer.Answer) Answer {
	return Answer{
		Query:     a.Query,
		Text:      a.Text,
		Band:      string(a.Band),
		Relevance: a.Relevance, Calibrated: a.Calibrated,
		Reasons:   FromNotices(a.Reasons),
		Citations: FromCitations(a.Citations, a.Passages),
		Passages:  FromPassages(a.Passages),
		Prompt:    Prompt{Name: a.Prompt.Name, Hash: a.Prompt.Hash},
		Style:     Style{Tone: a.Style.Tone, Format: a.Style.Format, Length: a.Style.Length, Language: a.Style.Language},
		Model:     a.Model,
		Usage:     Usage{PromptTokens: a.Usage.Prompt, CompletionTokens: a.Usage.Completion},
		Timings:   FromTimings(a.Timings),
		Notices:   FromNotices(a.Notices),
	}
}

// FromCitations describes citations by the passages they point to; one that
// points to none is left out.
func FromCitations(citations []kb.Citation, passages []kb.Passage) []Citation {
	out := make([]Citation, 0, len(citations))
	for _, c := range citations {
		if c.Passage < 0 || c.Passage >= len(passages) {
			continue
		}
		p := passages[c.Passage]
		out = append(out, Citation{
			N: c.N, Passage: c.Passage,
			Document: p.Document.ID, Source: p.Document.Source, Path: p.Document.Path, URL: p.Document.URL,
			Title: p.Document.Title, Heading: list(p.Heading), Page: p.Page, Updated: known(p.Document.Updated),
			Quote: c.Quote, QuoteStart: c.QuoteStart, QuoteEnd: c.QuoteEnd, TextStart: c.TextStart, TextEnd: c.TextEnd,
		})
	}
	return out
}

// FromPassages describes passages.
func FromPassages(passages []kb.Passage) []Passage {
	return each(passages, func(p kb.Passage) Passage {
		d := p.Document
		return Passage{
			Document: d.ID, Source: d.Source, Path: d.Path, URL: d.URL, Title: d.Title,
			Heading: list(p.Heading), Page: p.Page, Updated: known(d.Updated), KB: d.KB, Audience: string(d.Audience),
			Text: p.Text, Start: p.RuneStart, End: p.RuneStart + utf8.RuneCountInString(p.Text),
			Relevance: p.Relevance,
			Legs:      Legs{Lexical: Leg(p.Legs.Lexical), Dense: Leg(p.Legs.Dense)},
		}
	})
}

// FromRetrieved describes what a search found, and with explain also why.
func FromRetrieved(r kb.Retrieved, explain bool) SearchResponse {
	out := SearchResponse{
		Query: r.Query, Relevance: r.Answerability, Calibrated: r.Calibrated, Passages: FromPassages(r.Passages),
		Notices: FromNotices(r.Notices), Timings: FromTimings(r.Timings), Synonyms: r.Synonyms,
	}
	if explain {
		for i, p := range r.Passages {
			out.Passages[i].Features = each(p.Features, func(f kb.Feature) Feature { return Feature(f) })
		}
	}
	return out
}

// FromNotices describes notices.
func FromNotices(notices []kb.Notice) []Notice {
	return each(notices, func(n kb.Notice) Notice { return Notice(n) })
}

// FromTimings describes timings, in milliseconds.
func FromTimings(timings []kb.Timing) []Timing {
	return each(timings, func(t kb.Timing) Timing {
		return Timing{Stage: t.Stage, MS: float64(t.Duration) / float64(time.Millisecond)}
	})
}

// FromFeedback describes feedback.
func FromFeedback(f kb.Feedback) *Feedback {
	return &Feedback{Up: f.Up, Reason: f.Reason, Note: f.Note}
}

// FromDocument describes a document, without its text.
func FromDocument(d kb.DocumentInfo) Document {
	return Document{
		ID: d.ID, KB: d.KB, Source: d.Source, Path: d.Path, Title: d.Title, URL: d.URL,
		Updated: known(d.Updated), Audience: string(d.Audience), Product: d.Product, Version: d.Version,
		Tags: list(d.Tags), Language: d.Language, ValidFrom: known(d.ValidFrom), ValidUntil: known(d.ValidUntil),
		Status: string(d.Status), Reason: d.Reason, Chunks: d.Chunks, Bytes: d.Bytes, Indexed: known(d.Indexed),
	}
}

// FromBase describes a knowledge base.
func FromBase(b kb.Base) KnowledgeBase {
	return KnowledgeBase{Name: b.Name, Created: b.Created, Documents: b.Documents, Chunks: b.Chunks}
}

// FromConversation describes a conversation.
func FromConversation(c kb.Conversation) Conversation {
	return Conversation{ID: c.ID, Title: c.Title, Created: c.Created, Updated: c.Updated}
}

// each maps a list; the result is never nil.
func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
