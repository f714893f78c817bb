package rerank

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

func TestRealServer(t *testing.T) {
	base := os.Getenv("ASKDESK_TEST_RERANKER_URL")
	if base == "" {
		t.Skip("needs a reranking server: start tools/modelserver/serve.py --rerank and set ASKDESK_TEST_RERANKER_URL to the address it prints")
	}
	real := func(opt Options) *Client {
		opt.BaseURL, opt.Model, opt.Timeout = base, "smollm2-135m", time.Minute
		c, err := New(opt)
		require.NoError(t, err)
		return c
	}
	retrievaltest.Reranker(t,
		func(*testing.T) retrieval.Reranker { return real(Options{MaxChars: 300}) },
		func(t *testing.T) retrieval.Reranker {
			c, err := New(Options{BaseURL: base + "/nowhere", Model: "smollm2-135m"})
			require.NoError(t, err)
			return c
		})
	_, err := real(Options{MaxChars: 100_000}).Rerank(t.Context(), "question", []string{string(make([]byte, 50_000))})
	require.Equal(t, kb.TooLarge, kb.CodeOf(err))
}
