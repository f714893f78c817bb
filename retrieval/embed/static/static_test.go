package static_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer/answertest"
	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/embed/static"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// lines reads a recording that tools/embedder/train.py has written.
func lines[T any](t *testing.T, name string) (all []T) {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	require.NoError(t, err)
	defer f.Close()
	for dec := json.NewDecoder(bufio.NewReader(f)); dec.More(); {
		var line T
		require.NoError(t, dec.Decode(&line))
		all = append(all, line)
	}
	require.NotEmpty(t, all)
	return all
}

// madeUp are the weights of the recordings.
func madeUp() []float32 {
	weights := make([]float32, text.PieceCount)
	for i := range weights {
		weights[i] = float32(0.25 + 0.75*float64(i*7919%1000)/999)
	}
	return weights
}

func pieces(sentences []string) [][]uint16 {
	out := make([][]uint16, len(sentences))
	for i, s := range sentences {
		out[i] = text.Pieces(s)
	}
	return out
}

func TestVectorsAsInPython(t *testing.T) {
	e := static.New()
	for _, want := range lines[struct {
		Text   string
		Vector []float32
	}](t, "vectors.jsonl") {
		got, err := e.Embed(t.Context(), kb.EmbedDocument, []string{want.Text})
		require.NoError(t, err)
		require.InDeltaSlice(t, want.Vector, []float32(got[0]), 1e-5, want.Text)
	}
}

func TestSimilaritiesAsInPython(t *testing.T) {
	var compare rank.Comparer = static.New()
	for _, want := range lines[struct {
		Query          string
		Sentences      []string
		Plain, Weighed [2]float64
	}](t, "similarities.jsonl") {
		passages := [][][]uint16{pieces(want.Sentences)}
		got := compare.Compare(want.Query, nil, passages)[0]
		require.InDeltaSlice(t, want.Plain[:], []float64{got.Whole, got.Sentence}, 1e-5, want.Query)
		got = compare.Compare(want.Query, madeUp(), passages)[0]
		require.InDeltaSlice(t, want.Weighed[:], []float64{got.Whole, got.Sentence}, 1e-5, want.Query)
	}
}

func TestEmbedKeepsTheContract(t *testing.T) {
	e := static.New()
	texts := []string{"I want my money back", "", " \n", "\xff", "我", strings.Repeat("refund ", 5000), "I want my money back"}
	got, err := e.Embed(t.Context(), kb.EmbedDocument, texts)
	require.NoError(t, err)
	require.Len(t, got, len(texts))
	for i, v := range got {
		require.Len(t, v, static.Dim)
		square := 0.0
		for _, x := range v {
			square += float64(x) * float64(x)
		}
		require.InDelta(t, 1, square, 1e-5, texts[i])
	}
	require.Equal(t, got[0], got[6])
	asked, err := e.Embed(t.Context(), kb.EmbedQuery, texts)
	require.NoError(t, err)
	require.Equal(t, got, asked)

	got[0][0] = 7 // the caller's own
	again, err := e.Embed(t.Context(), kb.EmbedDocument, texts[:1])
	require.NoError(t, err)
	require.Equal(t, asked[0], again[0])

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err = e.Embed(ctx, kb.EmbedQuery, texts)
	require.ErrorIs(t, err, context.Canceled)
	require.Nil(t, got)
	none, err := e.Embed(t.Context(), kb.EmbedQuery, nil)
	require.NoError(t, err)
	require.Empty(t, none)
}

// What the table is for: other words, same meaning.
func TestItKnowsWhatIsMeant(t *testing.T) {
	e := static.New()
	passages := []string{
		"Refunds are paid to the original payment method within seven days.",
		"Choose a new password with the link in the e-mail.",
		"Our offices are closed on public holidays.",
		"Hold the power button for ten seconds to restart the device.",
	}
	for want, query := range []string{"When do I get my money back?", "I forgot my login", "Are you open at Christmas?", "the phone is frozen"} {
		list := make([][][]uint16, len(passages))
		for i, p := range passages {
			list[i] = pieces([]string{p})
		}
		best := 0
		got := e.Compare(query, nil, list)
		for i, s := range got {
			if s.Whole > got[best].Whole {
				best = i
			}
		}
		require.Equal(t, passages[want], passages[best], query)
	}
}

func TestModelNamesTheTable(t *testing.T) {
	require.Regexp(t, `^askdesk-static-en/256/[0-9a-f]{8}$`, static.New().Model())
	require.Equal(t, static.New().Model(), static.New().Model())
}

func TestWhatWeighsNothingIsNotThere(t *testing.T) {
	weights := madeUp()
	for _, p := range text.Pieces("the invoice") {
		weights[p] = 0
	}
	e := static.New()
	got := e.Compare("fee", weights, [][][]uint16{pieces([]string{"late fee"}), pieces([]string{"the late invoice fee"}), pieces([]string{"the invoice"})})
	require.Equal(t, got[0], got[1])
	require.Equal(t, rank.Similarity{}, got[2])
	require.Equal(t, make([]rank.Similarity, 1), e.Compare("the invoice", weights, [][][]uint16{pieces([]string{"late fee"})}))
}

func TestCompareOddPassages(t *testing.T) {
	e := static.New()
	one := text.Pieces("How do I return my order?")
	away := []uint16{text.PieceCount, math.MaxUint16} // of another vocabulary
	got := e.Compare("How do I return my order?", nil, [][][]uint16{nil, {}, {nil}, {away}, {one}, {one, nil}, {nil, one, one}, {away, one}})
	for _, s := range got[:4] {
		require.Equal(t, rank.Similarity{}, s)
	}
	for _, s := range got[4:] {
		require.InDelta(t, 1, s.Whole, 1e-5)
		require.InDelta(t, 1, s.Sentence, 1e-5)
	}
	require.Empty(t, e.Compare("x", nil, nil))
	opposite := e.Compare("How do I return my order?", nil, [][][]uint16{{text.Pieces("molten lava")}})
	require.Less(t, opposite[0].Sentence, 0.3, "the best of one sentence is that one, even below 0")
	require.InDelta(t, opposite[0].Whole, opposite[0].Sentence, 1e-12)
}

// Sums in blocks must not differ from sums in one go, nor the number of workers matter.
func TestCompareLongPassages(t *testing.T) {
	e := static.New()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{511, 512, 513, 5000} {
		long := make([]uint16, n)
		for i := range long {
			long[i] = uint16(rng.IntN(text.PieceCount))
		}
		passages := [][][]uint16{{long}}
		for range 40 {
			passages = append(passages, slices.Collect(slices.Chunk(long, 37)))
		}
		got := e.Compare("battery", nil, passages)
		require.Equal(t, got[0].Whole, got[1].Whole)
		for _, s := range got[2:] {
			require.Equal(t, got[1], s)
		}
	}
	once, err := e.Embed(t.Context(), kb.EmbedDocument, []string{"battery", strings.Repeat("battery ", 600)})
	require.NoError(t, err)
	require.Equal(t, once[0], once[1], "the same direction, however often")
}

func BenchmarkEmbed(b *testing.B) {
	e := static.New()
	chunks := manual(b, 500)
	for i := 0; b.Loop(); i++ {
		_, err := e.Embed(b.Context(), kb.EmbedDocument, chunks[i%len(chunks):][:1])
		require.NoError(b, err)
	}
}

func BenchmarkCompare(b *testing.B) {
	e, weights := static.New(), madeUp()
	passages, n := make([][][]uint16, 0, 200), 0
	for _, chunk := range manual(b, 500) {
		sentences := pieces(append([]string{"Returns"}, strings.SplitAfter(chunk, ". ")...))
		for _, s := range sentences {
			n += len(s)
		}
		if passages = append(passages, sentences); len(passages) == 200 {
			break
		}
	}
	for b.Loop() {
		e.Compare("How long does it take until I get my money back?", weights, passages)
	}
	b.ReportMetric(float64(n)/float64(len(passages)), "pieces/passage")
}

// manual makes up chunks of about size characters.
func manual(b *testing.B, size int) []string {
	b.Helper()
	words := strings.Fields(`the a of to in and or if is are can will must order refund invoice payment account password device battery
		printer support customer delivery warranty subscription address settings menu button screen cable reset restart install
		update within after before days hours contact choose open select press hold enter email code number receive return`)
	rng := rand.New(rand.NewPCG(3, 4))
	chunks := make([]string, 0, 200)
	for range cap(chunks) {
		var s strings.Builder
		for s.Len() < size {
			for range 8 + rng.IntN(12) {
				fmt.Fprintf(&s, "%s ", words[rng.IntN(len(words))])
			}
			s.WriteString("(E-42). ")
		}
		chunks = append(chunks, s.String())
	}
	return chunks
}

func TestNear(t *testing.T) {
	answertest.Comparers(t, static.New(), "How do I cancel my subscription?", "End your plan at any time.", "The moon is made of rock.")
}
