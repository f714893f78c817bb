package rerank

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

// recorded is what llama.cpp (--pooling rank) sent for three documents: logits,
// best first.
const recorded = `{"model":"smollm2-135m","object":"list","usage":{"prompt_tokens":27,"total_tokens":27},"results":[
	{"index":1,"relevance_score":-0.08895573019981384},{"index":2,"relevance_score":-1.2882272005081177},{"index":0,"relevance_score":-2.0635385513305664}]}`

// server answers like a reranking endpoint: a document's score is its length,
// best last. A reply in script stands in for one answer, in order.
type server struct {
	mu     sync.Mutex
	script []reply
	asked  []request
}

type reply struct {
	status int
	body   string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in request
	_ = json.NewDecoder(r.Body).Decode(&in)
	s.asked = append(s.asked, in)
	if r.URL.Path != "/v1/rerank" {
		http.NotFound(w, r)
		return
	}
	if len(s.script) > 0 {
		next := s.script[0]
		s.script = s.script[1:]
		w.WriteHeader(next.status)
		fmt.Fprint(w, next.body)
		return
	}
	var results []map[string]any
	for i, d := range in.Documents {
		results = append(results, map[string]any{"index": i, "relevance_score": len(d), "document": map[string]string{"text": d}})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
}

func start(t *testing.T, s *server, opt Options) *Client {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	opt.BaseURL, opt.Model, opt.HTTPClient = srv.URL+"/v1", "bge", srv.Client()
	c, err := New(opt)
	require.NoError(t, err)
	return c
}

func TestContract(t *testing.T) {
	retrievaltest.Reranker(t,
		func(t *testing.T) retrieval.Reranker { return start(t, &server{}, Options{Timeout: time.Minute}) },
		func(t *testing.T) retrieval.Reranker {
			srv := httptest.NewServer(nil)
			srv.Close()
			c, err := New(Options{BaseURL: srv.URL, Model: "bge"})
			require.NoError(t, err)
			return c
		})
}

func TestRerank(t *testing.T) {
	s := &server{script: []reply{{200, recorded}}}
	c := start(t, s, Options{MaxChars: 10})
	got, err := c.Rerank(t.Context(), "What is a very large panda?", []string{"hi", "it is a bear", "The giant panda is a bear."})
	require.NoError(t, err)
	require.Equal(t, []float64{-2.0635385513305664, -0.08895573019981384, -1.2882272005081177}, got)
	require.Equal(t, request{Model: "bge", Query: "What is a", Documents: []string{"hi", "it is a", "The giant"}, TopN: 3}, s.asked[0])
}

func TestBadAnswers(t *testing.T) {
	results := func(list ...string) string { return `{"results":[` + strings.Join(list, ",") + `]}` }
	const first = `{"index":0,"relevance_score":1}`
	for _, tc := range []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"too few", 200, results(first), "1 scores for 2 passages"},
		{"none", 200, `{}`, "0 scores for 2 passages"},
		{"another form", 200, `{"data":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":2}]}`, "0 scores for 2 passages"},
		{"native form of TEI", 200, `[{"index":0,"score":1},{"index":1,"score":2}]`, "makes no sense"},
		{"too many", 200, results(first, `{"index":1,"relevance_score":1}`, `{"index":2,"relevance_score":1}`), "numbered"},
		{"the same twice", 200, results(first, first), "numbered"},
		{"index below", 200, results(first, `{"index":-1,"relevance_score":1}`), "numbered"},
		{"no index", 200, results(first, `{"relevance_score":1}`), "numbered"},
		{"null", 200, results(first, `{"index":1,"relevance_score":null}`), "no number"},
		{"no score", 200, results(first, `{"index":1}`), "no number"},
		{"NaN", 200, results(first, `{"index":1,"relevance_score":NaN}`), "makes no sense"},
		{"beyond a float", 200, results(first, `{"index":1,"relevance_score":1e999}`), "makes no sense"},
		{"text", 200, results(first, `{"index":1,"relevance_score":"high"}`), "makes no sense"},
		{"page", 200, "<html>", "makes no sense"},
		{"endless", 200, strings.Repeat(" ", maxReply) + results(first), "makes no sense"},
		{"key", 401, "", "api_key"},
		{"no such route", 404, "", "base_url"},
		{"not started for it", 501, `{"error":{"code":501,"message":"This server does not support reranking. Start it with --reranking"}}`, "started for reranking"},
		{"busy", 429, "", "busy"},
		{"refused", 400, `{"error":{"message":"no such model"}}`, "check its model"},
		{"failed", 500, "boom", "look at its log"},
		{"too long", 400, `{"error":{"code":400,"message":"request (3002 tokens) exceeds the available context size (2048 tokens), try increasing it"}}`, "max_chars"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &server{script: []reply{{tc.status, tc.body}}}
			got, err := start(t, s, Options{}).Rerank(t.Context(), "question", []string{"a", "b"})
			require.Nil(t, got)
			require.Contains(t, kb.MessageOf(err), tc.want)
			require.NotContains(t, kb.MessageOf(err), "http://", "addresses are for the log")
			require.NotEqual(t, kb.Internal, kb.CodeOf(err))
			require.Len(t, s.asked, 1, "somebody is waiting")
		})
	}
}

// silent is a server that never answers.
type silent struct{ asked int }

func (s *silent) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked++
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestADeadRerankerIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &silent{}
		c, err := New(Options{BaseURL: "http://reranker.example/v1", Model: "bge", HTTPClient: &http.Client{Transport: server}})
		require.NoError(t, err)
		ask := func(want kb.Code, wait time.Duration) {
			t.Helper()
			began := time.Now()
			_, err := c.Rerank(t.Context(), "question", []string{"a"})
			require.Equal(t, want, kb.CodeOf(err))
			require.Equal(t, wait, time.Since(began))
		}
		for range failuresToOpen {
			ask(kb.Timeout, 2*time.Second)
		}
		for range 10 {
			ask(kb.Unavailable, 0)
		}
		require.Equal(t, failuresToOpen, server.asked)
		time.Sleep(leftAlone + time.Second)
		ask(kb.Timeout, 2*time.Second)
		ask(kb.Unavailable, 0)
		require.Equal(t, failuresToOpen+1, server.asked, "one question tries again")
	})
}

func TestOneQuestionDoesNotCondemnTheServer(t *testing.T) {
	s := &server{}
	for range 2 * failuresToOpen {
		s.script = append(s.script, reply{413, ""})
	}
	c := start(t, s, Options{})
	left, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 * failuresToOpen {
		_, err := c.Rerank(left, "question", []string{"a"})
		require.ErrorIs(t, err, context.Canceled)
		_, err = c.Rerank(t.Context(), "question", []string{"a"})
		require.Equal(t, kb.TooLarge, kb.CodeOf(err))
	}
	_, err := c.Rerank(t.Context(), "question", []string{"a"})
	require.NoError(t, err)
}

func TestNewRefuses(t *testing.T) {
	const url = "http://127.0.0.1:1/v1"
	for _, opt := range []Options{
		{}, {BaseURL: url}, {Model: "bge"}, {BaseURL: "localhost", Model: "bge"},
		{BaseURL: url, Model: "bge", Timeout: -1}, {BaseURL: url, Model: "bge", MaxChars: -1},
	} {
		_, err := New(opt)
		require.Equal(t, kb.Invalid, kb.CodeOf(err))
	}
}
