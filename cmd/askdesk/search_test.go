package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/retrieval/rerank"
)

// likes is a reranking server that puts the passages first that hold a word.
func likes(t *testing.T, word string) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Documents []string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		results := make([]map[string]any, len(in.Documents))
		for i, d := range in.Documents {
			results[i] = map[string]any{"index": i, "relevance_score": strings.Count(d, word)}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
	}))
	t.Cleanup(srv.Close)
	return srv
}

func TestSearchExplains(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	r := askdesk(t, nil, "search", "what does PX-204 mean", "--explain", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "1. Error codes > PX-204")
	require.Regexp(t, `(?m)^ +feature +value +adds$`, r.out)
	require.Regexp(t, `(?m)^ +identifiers +1\.000 +\+0\.050$`, r.out)
	require.Regexp(t, `(?m)^ +score +1\.\d{3}$`, r.out)
	require.NotContains(t, r.out, "rerank")

	r = askdesk(t, nil, "search", "PX-204", "--explain", "--json", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	var found api.SearchResponse
	require.NoError(t, json.Unmarshal([]byte(r.out), &found))
	require.Equal(t, "lexical", found.Passages[0].Features[0].Name)

	r = askdesk(t, nil, "ask", "what does PX-204 mean", "--explain", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "[1] Error codes")
	require.Regexp(t, `(?m)^ +heading +0\.800 +\+0\.240$`, r.out)
}

func TestSearchWithAReranker(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	srv := likes(t, "returned")
	file := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(file, []byte("reranker: {base_url: '"+srv.URL+"/v1', model: r}\n"), 0o600))
	args := []string{"search", "PX-204 tool", "--explain", "--data", data, "--config", file}
	r := askdesk(t, nil, args...)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "1. Returns")
	require.Contains(t, r.out, "2. Error codes > PX-204")
	require.Regexp(t, `(?m)^ +rerank +1\.000 +decides$`, r.out)

	srv.Close()
	r = askdesk(t, nil, args...)
	require.Equal(t, exitDone, r.code, r.err)
	require.Contains(t, r.out, "1. Error codes > PX-204")
	require.NotContains(t, r.out, "decides")
	require.Contains(t, r.err, "note: The reranking model could not be used")
}

func TestTheDoctorTriesTheReranker(t *testing.T) {
	srv := likes(t, "a")
	s := &service{cfg: config.Config{Reranker: config.Reranker{BaseURL: srv.URL, Model: "r", Top: 3}}}
	var err error
	s.reranker, err = rerank.New(rerank.Options{BaseURL: srv.URL, Model: "r"})
	require.NoError(t, err)
	require.Equal(t, finding{"reranker", true, srv.URL + " orders 3 passages with r"}, s.examineReranker(t.Context()))
	srv.Close()
	away := s.examineReranker(t.Context())
	require.False(t, away.OK)
	require.Contains(t, away.Text, "did not answer")
}

func TestWordsAloneWhereMeaningWeighsNothing(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	stages := func(env map[string]string) (list []string) {
		r := askdesk(t, env, "search", "PX-204", "--json", "--data", data)
		require.Equal(t, exitDone, r.code, r.err)
		var found struct{ Timings []struct{ Stage string } }
		require.NoError(t, json.Unmarshal([]byte(r.out), &found))
		for _, timing := range found.Timings {
			list = append(list, timing.Stage)
		}
		return list
	}
	require.True(t, slices.Contains(stages(nil), "embed"))
	require.False(t, slices.Contains(stages(map[string]string{"ASKDESK_RETRIEVAL_DENSE_WEIGHT": "0"}), "embed"))
	require.True(t, slices.Contains(stages(map[string]string{"ASKDESK_RETRIEVAL_DENSE_WEIGHT": "0.5"}), "embed"))
}
