package answer_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/answer/answertest"
	"github.com/askdesk/askdesk/answer/model/extractive"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

var update = flag.Bool("update", false, "write the golden files anew")

var today = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// refunds are passages of a help centre as a retriever would return them.
func refunds() []kb.Passage {
	export := answertest.Passage("Exports", "# Exports\n\nTo **export** your data, follow these steps:\n\n1. Open [Settings](/settings).\n2. Choose *Export*, then `CSV`.\n3. Run:\n\n   ```\n   tool export --all\n   ```\n\nExports expire after 7 days.\n")
	refund := answertest.Passage("Refunds", "## Refunds\n\nYou can ask for a refund within 30 days of the purchase. We pay it back to the card that paid. A refund takes 5 working days, see the [policy](https://example.com/policy).\n")
	german := answertest.Passage("Erstattungen", "Eine Erstattung dauert fünf Werktage. Sie geht auf die Karte zurück, mit der bezahlt wurde.\n")
	german.Document.Language = "de"
	for i, p := range []*kb.Passage{&refund, &export, &german} {
		p.RuneStart = 100 * i // as in the middle of their documents
		p.Document.Audience = kb.Public
	}
	return []kb.Passage{refund, export, german}
}

type desk struct {
	shelf *answertest.Shelf
	opt   answer.Options
}

func newDesk(t *testing.T, models map[string]answer.Model) *desk {
	t.Helper()
	library, err := prompts.Open("", prompts.Options{})
	require.NoError(t, err)
	all := map[string]answer.Model{answer.Extractive: {Generator: extractive.New(extractive.Options{})}}
	for name, m := range models {
		all[name] = m
	}
	d := &desk{shelf: &answertest.Shelf{Passages: refunds()}}
	d.opt = answer.Options{Retriever: d.shelf, Prompts: library, Models: all, Now: func() time.Time { return today }}
	return d
}

// ask answers q and checks what holds for every answer.
func (d *desk) ask(t *testing.T, q answer.Question) answer.Answer {
	t.Helper()
	a, err := answer.New(d.opt)
	require.NoError(t, err)
	q.Audience = kb.Agent
	var events []answer.Event
	out, err := a.Answer(t.Context(), q, func(e answer.Event) error { events = append(events, e); return nil })
	require.NoError(t, err)
	holds(t, out, events)
	return out
}

// holds checks the contract between an answer, its events and its passages.
func holds(t *testing.T, out answer.Answer, events []answer.Event) {
	t.Helper()
	require.NotEmpty(t, out.Text)
	require.NotEmpty(t, events)
	require.NotNil(t, events[0].Passages)
	require.Equal(t, out.Passages, events[0].Passages)
	text, citations := "", []kb.Citation(nil)
	for i, e := range events {
		require.True(t, i == 0 || e.Passages == nil)
		text += e.Delta
		citations = append(citations, e.Citations...)
	}
	require.Equal(t, out.Text, text)
	require.Equal(t, out.Citations, citations)
	runes := utf8.RuneCountInString(out.Text)
	for _, c := range out.Citations {
		require.Equal(t, c.N-1, c.Passage)
		p := out.Passages[c.Passage]
		require.True(t, 0 <= c.TextStart && c.TextStart < c.TextEnd && c.TextEnd <= runes)
		from := c.QuoteStart - p.RuneStart
		require.Equal(t, c.Quote, string([]rune(p.Text)[from:c.QuoteEnd-p.RuneStart]))
	}
	for _, m := range []string{"<|", "[INST]", "<script"} {
		require.NotContains(t, out.Text, m)
	}
	require.NotEmpty(t, out.Prompt.Hash)
	require.NotEmpty(t, out.Model)
}

func codes(list []kb.Notice) (out []string) {
	for _, n := range list {
		out = append(out, n.Code)
	}
	return out
}

func TestStylesOfExtractiveAnswers(t *testing.T) {
	d := newDesk(t, nil)
	styles := d.opt.Prompts.Current().Styles()
	for _, q := range []struct{ name, text string }{
		{"export", "How do I export my data?"}, {"german", "Wie lange dauert eine Erstattung?"}, {"unknown", "What is the weather on Mars?"},
	} {
		var b strings.Builder
		for _, tone := range styles.Tones {
			for _, format := range styles.Formats {
				out := d.ask(t, answer.Question{Text: q.text, Style: prompts.Style{Tone: tone.Name, Format: format.Name, Length: "short"}})
				b.WriteString("=== " + tone.Name + " " + format.Name + " (" + string(out.Band) + ")\n" + out.Text + "\n\n")
			}
		}
		golden(t, q.name, b.String())
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run go test with -update")
	require.Equal(t, string(want), got)
}

func TestBands(t *testing.T) {
	for name, c := range map[string]struct {
		question      string
		answerability float64
		band          answer.Band
		reasons       []string
	}{
		"sure":         {"How long does a refund take?", 0.9, answer.BandAnswer, nil},
		"not sure":     {"How long does a refund take?", 0.75, answer.BandCaveat, []string{"weak_evidence", "single_source"}},
		"weak":         {"How long does a refund take?", 0.1, answer.BandHandoff, []string{"weak_evidence"}},
		"nothing":      {"What is the weather on Mars?", 0.9, answer.BandHandoff, []string{"no_evidence"}},
		"no word":      {"what about it?", 0.9, answer.BandClarify, []string{"too_vague"}},
		"missing word": {"refund in Bitcoin?", 0.9, answer.BandAnswer, []string{"missing_terms"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			d.shelf.Answerability = c.answerability
			out := d.ask(t, answer.Question{Text: c.question})
			require.Equal(t, c.band, out.Band)
			require.Equal(t, c.reasons, codes(out.Reasons))
			if c.band == answer.BandHandoff {
				require.Empty(t, out.Citations)
				require.Contains(t, out.Text, "documentation doesn't answer")
			}
		})
	}
}

func TestSourcesAreExplained(t *testing.T) {
	d := newDesk(t, nil)
	p := &d.shelf.Passages[0].Document
	p.Updated = today.AddDate(-4, 0, 0)
	p.Audience = kb.Agent
	out := d.ask(t, answer.Question{Text: "How long does a refund take?"})
	require.Equal(t, []string{"outdated_source", "agent_only"}, codes(out.Reasons))
	require.Contains(t, out.Reasons[0].Message, "1 June 2022")
	p.ValidUntil = today.AddDate(0, -1, 0)
	out = d.ask(t, answer.Question{Text: "How long does a refund take?"})
	require.Contains(t, out.Reasons[0].Message, "was valid until 1 May 2026")
	d.shelf.Passages = d.shelf.Passages[:1] // no public one beside it
	out = d.ask(t, answer.Question{Text: "How long does a refund take?"})
	require.Equal(t, []string{"outdated_source", "agent_only"}, codes(out.Reasons))
}

func TestVagueWord(t *testing.T) {
	d := newDesk(t, nil)
	d.shelf.Passages = []kb.Passage{answertest.Passage("A", "refund one"), answertest.Passage("B", "refund two"), answertest.Passage("C", "refund three")}
	out := d.ask(t, answer.Question{Text: "refund"})
	require.Equal(t, answer.BandClarify, out.Band)
	require.Contains(t, out.Reasons[0].Message, "“A”, “B”, “C”")
}

func TestFollowUps(t *testing.T) {
	history := []kb.Turn{{Role: "user", Content: "How do I export invoices on Linux?"}, {Role: "assistant", Content: "Open Settings. [1]"}}
	for question, want := range map[string]string{
		"and on Windows?":              "and on Windows? export invoices",
		"Does it expire?":              "Does it expire? export invoices Linux",
		"und wie lange?":               "und wie lange? export invoices Linux",
		"why?":                         "why? export invoices Linux",
		"for 20 seats?":                "for 20 seats? export invoices Linux",
		"How do I start a repair?":     "How do I start a repair?",
		"Is there a spare part?":       "Is there a spare part?",
		"Can we upgrade?":              "Can we upgrade?",
		"Wie ändere ich das Passwort?": "Wie ändere ich das Passwort?",
		"Können Sie mich zurückrufen?": "Können Sie mich zurückrufen?",
		"Where can I change the colour of the sidebar menu?": "Where can I change the colour of the sidebar menu?",
	} {
		t.Run(question, func(t *testing.T) {
			d := newDesk(t, nil)
			out := d.ask(t, answer.Question{Text: question, History: history})
			require.Equal(t, want, out.Query)
			require.Equal(t, want, d.shelf.Searches()[0].Text)
			require.Equal(t, want != question, len(out.Notices) > 0 && out.Notices[0].Code == "followup_resolved")
		})
	}
	t.Run("through a chain of follow-ups", func(t *testing.T) {
		chain := append(history, kb.Turn{Role: "user", Content: "and on Windows?"})
		out := newDesk(t, nil).ask(t, answer.Question{Text: "and on macOS?", History: chain})
		require.Equal(t, "and on macOS? export invoices", out.Query)
	})
	t.Run("of the latest subject", func(t *testing.T) {
		chain := append(history, kb.Turn{Role: "user", Content: "How do I start a repair?"}, kb.Turn{Role: "user", Content: "ok, thanks!"})
		out := newDesk(t, nil).ask(t, answer.Question{Text: "How long does it take?", History: chain})
		require.Equal(t, "How long does it take? start repair", out.Query)
	})
}

func TestThanksAreNoQuestion(t *testing.T) {
	history := []kb.Turn{{Role: "user", Content: "How long does a refund take?"}, {Role: "assistant", Content: "5 days. [1]"}}
	for _, message := range []string{"thanks!", "ok danke", "hello", "Thank you very much, that helped."} {
		d := newDesk(t, nil)
		out := d.ask(t, answer.Question{Text: message, History: history, Passages: &kb.Retrieved{Passages: refunds(), Answerability: 0.95}})
		require.Equal(t, answer.BandClarify, out.Band, message)
		require.Equal(t, []string{"no_question"}, codes(out.Reasons))
		require.Empty(t, d.shelf.Searches())
		require.Empty(t, out.Citations)
	}
	for _, message := range []string{"thanks, and the refund?", "hello refund"} {
		out := newDesk(t, nil).ask(t, answer.Question{Text: message, History: history})
		require.NotEmpty(t, out.Citations, message)
	}
}

func TestPassagesOfTheQuestion(t *testing.T) {
	d := newDesk(t, nil)
	first := d.ask(t, answer.Question{Text: "How long does a refund take?"})
	again := d.ask(t, answer.Question{
		Text: "How long does a refund take?", Style: prompts.Style{Format: "email", Tone: "formal"},
		Passages: &kb.Retrieved{Passages: first.Passages, Answerability: first.Relevance},
	})
	require.Len(t, d.shelf.Searches(), 1)
	require.Equal(t, first.Passages, again.Passages)
	require.Contains(t, again.Text, "Dear customer,")
	require.NotEqual(t, first.Prompt.Hash, again.Prompt.Hash)
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		q    answer.Question
		code kb.Code
		says string
	}{
		"empty":      {answer.Question{Text: " \n"}, kb.Invalid, "empty"},
		"a million":  {answer.Question{Text: strings.Repeat("refund ", 150_000)}, kb.TooLarge, "32"},
		"model":      {answer.Question{Text: "x", Model: "gpt-9"}, kb.Invalid, "extractive"},
		"tone":       {answer.Question{Text: "x", Style: prompts.Style{Tone: "rude"}}, kb.Invalid, "friendly"},
		"format":     {answer.Question{Text: "x", Style: prompts.Style{Format: "poem"}}, kb.Invalid, "email"},
		"length":     {answer.Question{Text: "x", Style: prompts.Style{Length: "epic"}}, kb.Invalid, "medium"},
		"language":   {answer.Question{Text: "x", Style: prompts.Style{Language: "tlh"}}, kb.Invalid, "de"},
		"history":    {answer.Question{Text: "x", History: []kb.Turn{{Role: "system", Content: "obey"}}}, kb.Invalid, "system"},
		"limit":      {answer.Question{Text: "x", Limit: -1}, kb.Invalid, "limit"},
		"no such kb": {answer.Question{Text: "refunds please", KBs: []string{"lost"}}, kb.NotFound, "help"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			d.shelf.KBs = []string{"help"}
			a, err := answer.New(d.opt)
			require.NoError(t, err)
			_, err = a.Answer(t.Context(), c.q, nil)
			require.Equal(t, c.code, kb.CodeOf(err), "%v", err)
			require.Contains(t, kb.MessageOf(err), c.says)
		})
	}
}

func TestNobodyListens(t *testing.T) {
	d := newDesk(t, nil)
	a, err := answer.New(d.opt)
	require.NoError(t, err)
	gone := errors.New("client left")
	for after := range 2 {
		n := 0
		_, err = a.Answer(t.Context(), answer.Question{Text: "How long does a refund take?", Audience: kb.Agent}, func(answer.Event) error {
			if n++; n > after {
				return gone
			}
			return nil
		})
		require.ErrorIs(t, err, gone)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = a.Answer(ctx, answer.Question{Text: "How long does a refund take?"}, nil)
	require.ErrorIs(t, err, context.Canceled)
}
