package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func serve(t *testing.T, h http.HandlerFunc, opt Options) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	opt.BaseURL, opt.HTTPClient = srv.URL+"/v1/", srv.Client()
	return New(opt)
}

func TestPost(t *testing.T) {
	var got *http.Request
	var body string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		got, body = r, string(data)
		fmt.Fprint(w, `{"n":7}`)
	}, Options{APIKey: "k"})
	var out struct{ N int }
	require.NoError(t, c.Post(t.Context(), "/rank", map[string]string{"q": "\xff"}, &out))
	require.Equal(t, 7, out.N)
	require.Equal(t, "/v1/rank", got.URL.Path)
	require.JSONEq(t, `{"q":"\ufffd"}`, body)
	require.Equal(t, "Bearer k", got.Header.Get("Authorization"))
	require.NotContains(t, got.Header, "Idempotency-Key")
}

func TestPostToNobody(t *testing.T) {
	srv := httptest.NewServer(nil)
	srv.Close()
	err := New(Options{BaseURL: srv.URL}).Post(t.Context(), "/x", 1, nil)
	require.True(t, Transient(err), "%v", err)
	require.Zero(t, Status(err))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = New(Options{BaseURL: srv.URL}).Post(ctx, "/x", 1, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, Transient(err))
}

func TestPostBoundsReplies(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(" ", 20)+"{}") }, Options{MaxReply: 21})
	err := c.Post(t.Context(), "/x", 1, &struct{}{})
	require.ErrorIs(t, err, ErrReply)
	require.False(t, Transient(err))

	c = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, strings.Repeat("é", maxMessage))
	}, Options{})
	var r *Refusal
	require.ErrorAs(t, c.Post(t.Context(), "/x", 1, nil), &r)
	require.LessOrEqual(t, len(r.Message), maxMessage+2)
}

// What servers have been seen to say.
func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		name             string
		status           int
		body             string
		tooMuch, another bool
	}{
		{"llama.cpp batch", 500, `{"error":{"code":500,"message":"input (701 tokens) is too large to process. increase the physical batch size (current batch size: 512)","type":"server_error"}}`, true, false},
		{"llama.cpp context", 400, `{"error":{"code":400,"message":"request (3002 tokens) exceeds the available context size (2048 tokens), try increasing it","type":"exceed_context_size_error"}}`, true, false},
		{"OpenAI text", 400, `{"error":{"message":"This model's maximum context length is 8192 tokens, however you requested 9000 tokens"}}`, true, false},
		{"OpenAI request", 400, `{"error":{"message":"Requested 453357 tokens, max 300000 tokens per request","type":"max_tokens_per_request"}}`, true, false},
		{"TEI text", 413, "{\"error\":\"Input validation error: `inputs` must have less than 512 tokens. Given: 600\"}", true, false},
		{"TEI batch", 422, `{"error":"batch size 64 > maximum allowed batch size 32","error_type":"Validation"}`, true, false},
		{"TEI body", 413, "Failed to buffer the request body: length limit exceeded", true, false},
		{"DashScope", 400, `{"error":{"message":"Value error, batch size is invalid, it should not be larger than 10.: input.contents"}}`, true, false},
		{"Mistral", 400, `{"message":"Too many tokens in batch. Max is 16384 got 17555"}`, true, false},
		{"Ollama", 400, `{"error":{"message":"the input length exceeds the context length"}}`, true, false},
		{"unknown model", 400, `{"error":{"message":"no such model"}}`, false, false},
		{"key", 401, `{}`, false, false},
		{"not started for it", 501, `{"error":{"message":"This server does not support reranking. Start it with --reranking"}}`, false, false},
		{"busy", 429, `{"error":{"message":"too many requests"}}`, false, true},
		{"overloaded", 503, "<html>", false, true},
		{"failed", 500, "boom", false, true},
		{"slow", 408, "", false, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.body)
			}, Options{})
			err := fmt.Errorf("wrapped: %w", c.Post(t.Context(), "/x", 1, nil))
			require.Equal(t, tc.status, Status(err))
			require.Equal(t, tc.tooMuch, TooMuch(err))
			require.Equal(t, tc.another, Transient(err))
		})
	}
	require.False(t, TooMuch(errors.New("too long")), "only a server can say so")
	require.False(t, Transient(nil))
}

func TestRetryAfter(t *testing.T) {
	const now = "Mon, 02 Jan 2026 15:04:05 GMT"
	require.Equal(t, 7*time.Second, retryAfter("7", ""))
	require.Equal(t, 10*time.Second, retryAfter("Mon, 02 Jan 2026 15:04:15 GMT", now))
	for _, bad := range []string{"", "-3", "soon", "Mon, 02 Jan 2026 15:04:01 GMT"} {
		require.Zero(t, retryAfter(bad, now), bad)
	}
}
