package openai_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/answer/model/openai"
	"github.com/askdesk/askdesk/kb"
)

// endless writes until the client leaves.
func endless(delta string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			chunk(w, delta, "")
		}
	}
}

func TestALongAnswerEnds(t *testing.T) {
	for name, reply := range map[string]func(http.ResponseWriter, *http.Request){
		"one delta": says("stop", strings.Repeat("ü", 2_000_000)),
		"endless":   endless("so on and on, "),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, reply)
			longest := 0
			done, err := generator(t, s).Generate(t.Context(), request(t, "q"), func(d string) error {
				longest = max(longest, len(d))
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, answer.FinishLength, done.Finish)
			require.LessOrEqual(t, len(done.Text), 64<<10)
			require.Greater(t, len(done.Text), 60<<10)
			require.True(t, utf8.ValidString(done.Text))
			require.LessOrEqual(t, longest, 4<<10, "the context is looked at in between")
			if name == "endless" {
				<-s.left
			}
		})
	}
}

func TestALineWithoutEndIsNotRead(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		junk := []byte(strings.Repeat("x", 1<<20))
		_, _ = io.WriteString(w, `data: {"choices":[{"index":0,"delta":{"content":"`)
		for r.Context().Err() == nil {
			_, _ = w.Write(junk)
		}
	})
	_, _, err := generate(t, generator(t, s), request(t, "q"))
	require.Equal(t, kb.Invalid, kb.CodeOf(err), "%v", err)
	require.Contains(t, kb.MessageOf(err), "more than an answer can have")
	require.Len(t, s.requests(), 1)
}

func TestLeavingEndsALongDelta(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	s := serve(t, says("stop", strings.Repeat("x", 50_000)))
	_, err := generator(t, s).Generate(ctx, request(t, "q"), func(string) error { calls++; cancel(); return nil })
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, calls)
}

func TestThoughtsAnywhere(t *testing.T) {
	for in, want := range map[string]string{
		"Yes.<think>no</think> [1]":                     "Yes. [1]",
		"<think>a</think>Yes.<Thinking>b</THINKING>!":   "Yes.!",
		"<think>\nno\n</think>\n\nYes. [1]":             "Yes. [1]",
		"Yes. <think>and then it never stops":           "Yes. ",
		"Yes, a < b, <b>, <thin> and <th":               "Yes, a < b, <b>, <thin> and <th",
		"A<<think>x</<</think>B":                        "A<B",
		"<think>a</think><think>b</think>\n<think>c":    "",
		"One <thought>ab</thought>two <thinker>x three": "One two <thinker>x three",
	} {
		for size := 1; size <= 12; size++ {
			var pieces []string
			for rest := in; rest != ""; {
				n := min(size, len(rest))
				pieces = append(pieces, rest[:n])
				rest = rest[n:]
			}
			done, text, err := generate(t, generator(t, serve(t, says("stop", pieces...))), request(t, "q"))
			require.NoError(t, err)
			require.Equal(t, want, text, "%q by %d", in, size)
			require.Equal(t, text, done.Text)
		}
	}
}

// script answers requests without a network, so that time can be a test's own.
type script func(*http.Request) (*http.Response, error)

func (s script) RoundTrip(r *http.Request) (*http.Response, error) { return s(r) }

// hung is a body that never comes.
type hung struct{ context.Context }

func (h hung) Read([]byte) (int, error) { <-h.Done(); return 0, h.Err() }
func (h hung) Close() error             { return nil }

// TestATrialEnds: a server that was left alone and hangs when it is tried again
// is tried again after that.
func TestATrialEnds(t *testing.T) {
	stream := "data: {\"choices\":[{\"finish_reason\":\"stop\",\"delta\":{\"content\":\"Yes.\"}}],\"model\":\"m\"}\n\ndata: [DONE]\n\n"
	for name, leaves := range map[string]bool{"by its limit": false, "by the caller": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reply := func(r *http.Request) (*http.Response, error) { return nil, errors.New("refused") }
				g, err := openai.New(openai.Options{BaseURL: "http://h", Model: "m", Timeout: 5 * time.Second,
					HTTPClient: &http.Client{Transport: script(func(r *http.Request) (*http.Response, error) { return reply(r) })}})
				require.NoError(t, err)
				for range 5 {
					_, _, err = generate(t, g, request(t, "q"))
					require.Equal(t, kb.Unavailable, kb.CodeOf(err))
				}
				_, _, err = generate(t, g, request(t, "q"))
				require.Contains(t, kb.MessageOf(err), "left alone")

				time.Sleep(21 * time.Second)
				reply = func(r *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: hung{r.Context()}}, nil
				}
				ctx, cancel := context.WithCancel(t.Context())
				if leaves {
					time.AfterFunc(time.Second, cancel)
				}
				start := time.Now()
				_, err = g.Generate(ctx, request(t, "q"), func(string) error { return nil })
				cancel()
				require.Error(t, err)
				require.LessOrEqual(t, time.Since(start), 5*time.Second)

				if !leaves {
					time.Sleep(21 * time.Second)
				}
				reply = func(*http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(stream))}, nil
				}
				_, text, err := generate(t, g, request(t, "q"))
				require.NoError(t, err)
				require.Equal(t, "Yes.", text)
			})
		})
	}
}
