package answertest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// Request is a request about two passages, rendered with the built-in prompt.
func Request(t testing.TB, question string, passages ...kb.Passage) answer.Request {
	t.Helper()
	library, err := prompts.Open("", prompts.Options{})
	require.NoError(t, err)
	set := library.Current()
	voice, err := set.Voice("support", prompts.Style{Language: "en", Length: "short"})
	require.NoError(t, err)
	rendered, err := set.Render("support", prompts.Input{Question: question, Passages: passages, Voice: voice})
	require.NoError(t, err)
	rendered.Output.MaxTokens = 48
	return answer.Request{Question: question, Passages: passages, Messages: rendered.Messages, Voice: voice, Output: rendered.Output}
}

// Generators runs the contract of answer.Generator against what open returns.
// It must write something about resetting a password from passages that tell how.
func Generators(t *testing.T, open func(t *testing.T) answer.Generator) {
	request := func(t *testing.T) answer.Request {
		return Request(t, "How do I reset my password?",
			Passage("Passwords", "To reset your password, open Settings and choose Reset password. You get an e-mail with a link."),
			Passage("Sign-in", "After five wrong passwords the account is locked for an hour. A reset unlocks it."))
	}
	t.Run("deltas join to the text", func(t *testing.T) {
		var joined strings.Builder
		done, err := open(t).Generate(t.Context(), request(t), func(d string) error {
			require.NotEmpty(t, d)
			joined.WriteString(d)
			return nil
		})
		require.NoError(t, err)
		require.NotEmpty(t, done.Text)
		require.Equal(t, done.Text, joined.String())
		require.Contains(t, []string{"stop", answer.FinishLength}, done.Finish)
		require.NotEmpty(t, done.Model)
		require.GreaterOrEqual(t, done.Usage.Prompt, 0)
		require.GreaterOrEqual(t, done.Usage.Completion, 0)
	})
	t.Run("an error of emit ends it", func(t *testing.T) {
		stop := errors.New("enough")
		calls := 0
		_, err := open(t).Generate(t.Context(), request(t), func(string) error { calls++; return stop })
		require.ErrorIs(t, err, stop)
		require.Equal(t, 1, calls)
	})
	t.Run("a cancelled context ends it", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start := time.Now()
		_, err := open(t).Generate(ctx, request(t), func(string) error { return nil })
		require.ErrorIs(t, err, context.Canceled)
		require.Less(t, time.Since(start), 5*time.Second)
	})
	t.Run("the request stays as it is", func(t *testing.T) {
		r := request(t)
		_, err := open(t).Generate(t.Context(), r, func(string) error { return nil })
		require.NoError(t, err)
		require.Equal(t, request(t), r)
	})
	t.Run("requests at once", func(t *testing.T) {
		g := open(t)
		failed := make(chan error, 4)
		for range cap(failed) {
			r := request(t)
			go func() {
				_, err := g.Generate(context.WithoutCancel(t.Context()), r, func(string) error { return nil })
				failed <- err
			}()
		}
		for range cap(failed) {
			require.NoError(t, <-failed)
		}
	})
}

// Retrievers runs the contract of answer.Retriever against what open returns:
// a knowledge base "test" with one public document on resetting passwords and
// one for agents on unlocking accounts after wrong passwords.
func Retrievers(t *testing.T, open func(t *testing.T) answer.Retriever) {
	search := kb.Search{KBs: []string{"test"}, Text: "reset passwords", Audience: kb.Agent, AsOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	t.Run("best first, within the limit", func(t *testing.T) {
		for _, limit := range []int{0, 1, 2} {
			s := search
			s.Limit = limit
			got, err := open(t).Retrieve(t.Context(), s)
			require.NoError(t, err)
			require.NotEmpty(t, got.Passages)
			require.LessOrEqual(t, len(got.Passages), max(limit, 5*(1-min(limit, 1))))
			for i, p := range got.Passages {
				require.NotEmpty(t, p.Text)
				require.NotEmpty(t, p.Document.ID)
				require.Equal(t, p.Span.Len(), len(p.Text))
				require.True(t, 0 <= p.Relevance && p.Relevance <= 1)
				if i > 0 {
					require.LessOrEqual(t, p.Relevance, got.Passages[i-1].Relevance)
				}
			}
			require.True(t, 0 <= got.Answerability && got.Answerability <= 1)
		}
	})
	t.Run("nothing that the reader may not read", func(t *testing.T) {
		s := search
		s.Audience = kb.Public
		got, err := open(t).Retrieve(t.Context(), s)
		require.NoError(t, err)
		require.NotEmpty(t, got.Passages)
		for _, p := range got.Passages {
			require.Equal(t, kb.Public, p.Document.Audience)
		}
	})
	t.Run("no evidence is no error", func(t *testing.T) {
		s := search
		s.Text = "zyxwvut"
		got, err := open(t).Retrieve(t.Context(), s)
		require.NoError(t, err)
		require.Empty(t, got.Passages)
		require.Zero(t, got.Answerability)
	})
	t.Run("an unknown knowledge base is not found", func(t *testing.T) {
		s := search
		s.KBs = []string{"elsewhere"}
		_, err := open(t).Retrieve(t.Context(), s)
		require.Equal(t, kb.NotFound, kb.CodeOf(err))
		require.Contains(t, kb.MessageOf(err), "test")
	})
}
