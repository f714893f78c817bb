package pages_test

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// The documents that the scripted answers quote.
const (
	resetText = "## Reset a password\n\nOpen **Settings > Security** and choose *Reset password*. Larkspur sends a link that works for 30 minutes.\n\n" +
		"1. Click the link in the mail.\n2. Choose a new password of at least 12 characters.\n3. Sign in again on every device.\n\n" +
		"If no mail arrives within ten minutes, look in the spam folder or run `larkspur-cli auth resend`."
	lockText = "An account is locked after six wrong passwords. It opens again by itself after one hour; an administrator can open it at once under **People**.\n\n" +
		"| Wrong tries | What happens |\n|---|---|\n| 3 | A warning by mail |\n| 6 | Locked for an hour |\n"
	agentText  = "Before you unlock an account by hand, ask for the last four digits of the invoice number. Never read the address aloud."
	hostile    = "Type <script>window.hacked = 1</script> or <img src=x onerror=\"window.hacked = 1\"> and see it as text."
	refundText = "Refunds go back to the card that was charged, within ten working days."
)

func passage(title, path string, heading []string, text string, relevance float64, audience kb.Audience) kb.Passage {
	d := kb.Document{
		ID: kb.DocumentID("default", "helpcentre", path), KB: "default", Source: "helpcentre", Path: path, Title: title,
		Audience: audience, Language: "en", Updated: time.Date(2026, 9, 14, 0, 0, 0, 0, time.UTC),
	}
	if audience == kb.Public {
		d.URL = "https://help.larkspur.example/" + strings.TrimSuffix(path, ".md")
	}
	return kb.Passage{
		Document: d, Heading: heading, Text: text, Evidence: relevance, Relevance: relevance, RuneStart: 120,
		Span: kb.Span{Start: 120, End: 120 + len(text)}, Legs: kb.Legs{Lexical: kb.Leg{Rank: 1, Score: 7}},
	}
}

func found() []kb.Passage {
	pdf := passage("Accounts handbook", "handbook.pdf", []string{"Accounts handbook", "Locking"}, lockText, 0.42, kb.Public)
	pdf.Page = 12
	return []kb.Passage{
		passage("Passwords", "sign-in/passwords.md", []string{"Passwords", "Reset a password"}, resetText, 0.91, kb.Public),
		pdf,
		passage("Unlocking by hand", "internal/unlock.md", nil, agentText, 0.4, kb.Agent),
		passage("Refunds", "billing/refunds.md", []string{"Refunds"}, refundText, 0.12, kb.Public),
	}
}

// draft builds an answer sentence by sentence, with offsets as the API has them.
type draft struct {
	answer.Answer
	deltas []answer.Event
}

func (d *draft) say(text string) *draft { return d.cite(text, 0, "") }

func (d *draft) cite(text string, n int, quote string) *draft {
	start := utf8.RuneCountInString(d.Text)
	e := answer.Event{Delta: text}
	if n > 0 {
		p := d.Passages[n-1]
		at := p.RuneStart + utf8.RuneCountInString(p.Text[:strings.Index(p.Text, quote)])
		e.Citations = []kb.Citation{{
			N: n, Passage: n - 1, Quote: quote, QuoteStart: at, QuoteEnd: at + utf8.RuneCountInString(quote),
			TextStart: start, TextEnd: start + utf8.RuneCountInString(strings.TrimRight(text, "\n ")),
		}}
	}
	d.Text += text
	d.Citations = append(d.Citations, e.Citations...)
	d.deltas = append(d.deltas, e)
	return d
}

func newDraft(q answer.Question, band answer.Band, relevance float64, reason string) *draft {
	style := prompts.Style{Tone: "friendly", Format: "chat", Length: "medium", Language: q.Style.Language}
	for to, from := range map[*string]string{&style.Tone: q.Style.Tone, &style.Format: q.Style.Format, &style.Length: q.Style.Length} {
		if from != "" {
			*to = from
		}
	}
	d := &draft{Answer: answer.Answer{
		Band: band, Relevance: relevance, Query: q.Text, Model: "extractive", Style: style,
		Prompt: prompts.Ref{Name: "support", Hash: "5f2c"}, Passages: found(),
	}}
	if reason != "" {
		d.Reasons = []kb.Notice{{Code: "reason", Message: reason}}
	}
	return d
}

// script answers like a help centre. Some questions make it behave in other ways.
type script struct {
	mu   sync.Mutex
	fail error         // returned instead of the next answer
	hold chan struct{} // while not nil, an answer waits here after its first sentence
	asks []answer.Question
}

func (s *script) set(fail error, hold chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.hold = fail, hold
}

func (s *script) next(q answer.Question) (chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asks = append(s.asks, q)
	err := s.fail
	s.fail = nil
	return s.hold, err
}

func (s *script) asked() []answer.Question {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]answer.Question(nil), s.asks...)
}

func (s *script) Answer(ctx context.Context, q answer.Question, emit func(answer.Event) error) (answer.Answer, error) {
	hold, err := s.next(q)
	if err != nil {
		return answer.Answer{}, err
	}
	d := compose(q)
	if err := emit(answer.Event{Passages: d.Passages, Relevance: d.Relevance}); err != nil {
		return answer.Answer{}, err
	}
	for i, e := range d.deltas {
		if i == 1 && hold != nil {
			select {
			case <-hold:
			case <-ctx.Done():
				return answer.Answer{}, ctx.Err()
			}
		}
		if err := emit(e); err != nil {
			return answer.Answer{}, err
		}
	}
	return d.Answer, nil
}

func compose(q answer.Question) *draft {
	text := strings.ToLower(q.Text)
	switch {
	case strings.Contains(text, "bitcoin"):
		d := newDraft(q, answer.BandHandoff, 0.08, "No passage mentions bitcoin.")
		d.Passages = d.Passages[2:]
		return d.say("I'm sorry, our documents don't say whether you can pay with bitcoin. Please pass this on to a colleague.")
	case strings.Contains(text, "script"):
		d := newDraft(q, answer.BandCaveat, 0.5, "The source is short.")
		d.Passages = []kb.Passage{passage("<b>Bold</b> title", "notes/<i>odd</i>.md", nil, hostile, 0.5, kb.Public)}
		return d.cite("Type <script>window.hacked = 1</script> or <img src=x onerror=\"window.hacked = 1\"> and see it as text. [1]", 1, hostile)
	case strings.Contains(text, "model"):
		d := newDraft(q, answer.BandAnswer, 0.9, "")
		d.Notices = []kb.Notice{{Code: "model_unavailable", Message: "The model did not answer; showing quotes from your documents."}}
		d.Notices = append(d.Notices, kb.Notice{Code: "followup_resolved", Message: "Understood together with the conversation."})
		return d.cite("Open **Settings > Security** and choose *Reset password*. [1]", 1, "Open **Settings > Security** and choose *Reset password*.")
	}
	d := newDraft(q, answer.BandAnswer, 0.88, "Two passages say the same.")
	if q.Style.Tone == "formal" {
		d.say("Dear customer,\n\n")
	} else {
		d.say("Hi there,\n\n")
	}
	return d.cite("Open **Settings > Security** and choose *Reset password*. [1] ", 1, "Open **Settings > Security** and choose *Reset password*.").
		cite("Larkspur sends a link that works for 30 minutes. [1]\n\n", 1, "Larkspur sends a link that works for 30 minutes.").
		cite("1. Click the link in the mail. [1]\n", 1, "Click the link in the mail.").
		cite("2. Choose a new password of at least 12 characters. [1]\n\n", 1, "Choose a new password of at least 12 characters.").
		cite("After six wrong passwords the account opens again by itself after one hour. [2]\n\n", 2, "It opens again by itself after one hour").
		cite("No mail? Run `larkspur-cli auth resend`. [1]", 1, "run `larkspur-cli auth resend`")
}
