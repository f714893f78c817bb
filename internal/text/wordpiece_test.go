package text_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/text"
)

// The recordings were made with the reference tokenizer: tools/embedder/record.py.
func TestPiecesAsTheReference(t *testing.T) {
	data, err := os.ReadFile("testdata/wordpiece.jsonl")
	require.NoError(t, err)
	n := 0
	for line := range strings.Lines(string(data)) {
		var want struct {
			Text string
			IDs  []uint16
		}
		require.NoError(t, json.Unmarshal([]byte(line), &want))
		require.Equal(t, want.IDs, text.Pieces(want.Text), "%q", want.Text)
		n++
	}
	require.Greater(t, n, 300)
}

func TestPiecesLeaveOutWhatIsNoText(t *testing.T) {
	require.Equal(t, text.Pieces("refund"), text.Pieces("re\xfffund\xc3"))
	require.Empty(t, text.Pieces("\xff\xfe"))
	require.NotNil(t, text.Pieces(""))
}

func FuzzPieces(f *testing.F) {
	f.Add("How do I get my money back?", "Größe")
	f.Add("[SEP]\x00\xff", "e\u0301 我 👍🏽")
	f.Fuzz(func(t *testing.T, a, b string) {
		first, second := text.Pieces(a), text.Pieces(b)
		for _, id := range first {
			require.Less(t, int(id), text.PieceCount)
		}
		require.LessOrEqual(t, len(first), 3*utf8.RuneCountInString(a), "a character becomes at most three words: one that is decomposed")
		require.Equal(t, append(first, second...), text.Pieces(a+"\n"+b), "a line is cut alone")
	})
}

func BenchmarkPieces(b *testing.B) {
	const chunk = "To receive a refund, open Orders, choose the order and press Return. We send a label by e-mail within one working day. " +
		"Pack the item with everything that came with it; the serial number (SN-0815) must be readable. " +
		"The money reaches the original payment method five to seven business days after our warehouse has checked the parcel. " +
		"Items that were customised, vouchers and opened hygiene products are excluded from returns; the warranty still covers defects. Questions? Write to support."
	b.SetBytes(int64(len(chunk)))
	for b.Loop() {
		text.Pieces(chunk)
	}
}
