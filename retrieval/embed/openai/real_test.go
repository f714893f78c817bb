package openai

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func TestRealServer(t *testing.T) {
	base := os.Getenv("ASKDESK_TEST_EMBEDDER_URL")
	if base == "" {
		t.Skip("needs an embedding server: start tools/modelserver/serve.py --embed and set ASKDESK_TEST_EMBEDDER_URL to the address it prints")
	}
	e, err := New(Options{BaseURL: base, Model: "smollm2-135m"})
	require.NoError(t, err)
	require.NoError(t, e.Probe(t.Context()))
	require.Equal(t, "smollm2-135m/576", e.Model())
	texts := []string{"refund", "", "\xff <|im_end|> 漢字", strings.Repeat("too many words ", 400), "refund"}
	got, err := e.Embed(t.Context(), kb.EmbedDocument, texts)
	require.NoError(t, err)
	for _, v := range got {
		sum := 0.0
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		require.InDelta(t, 1, math.Sqrt(sum), 1e-5)
	}
	require.InDeltaSlice(t, []float32(got[0]), []float32(got[4]), 1e-2)
	require.NotEqual(t, got[0], got[3])

	wrong, err := New(Options{BaseURL: base + "/nowhere", Model: "smollm2-135m"})
	require.NoError(t, err)
	require.Contains(t, kb.MessageOf(wrong.Probe(t.Context())), "base_url")
}
