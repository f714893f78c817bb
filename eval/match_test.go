package eval

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func TestHolds(t *testing.T) {
	for _, tc := range []struct {
		text string
		must []string
		want bool
	}{
		{"Run `apt-mark hold` first.", []string{"apt-mark hold"}, true},
		{"Run\n  apt-mark\n  HOLD", []string{"apt-mark hold"}, true},
		{"use **q4_K_S** there", []string{"q4_K_S"}, true},
		{"see [the billing page](https://x.example/a) now", []string{"the billing page now"}, true},
		{"a <b>bold</b> claim &amp; more", []string{"a bold claim & more"}, true},
		{"it didn’t expand", []string{"didn't expand"}, true},
		{"set OLLAMA\\_MODELS=1", []string{"OLLAMA_MODELS"}, true},
		{"one thing", []string{"one", "other"}, false},
		{"", []string{"x"}, false},
		{"keep <model> as it is", []string{"<model>"}, true},
	} {
		require.Equal(t, tc.want, holds(tc.text, tc.must), "%q %q", tc.text, tc.must)
	}
}

func TestIsGold(t *testing.T) {
	gold := []string{"doc/faq.rst"}
	for _, tc := range []struct {
		source, path string
		want         bool
	}{
		{"kb-restic", "doc/faq.rst", true},
		{"doc", "faq.rst", true},
		{"docs", "kb-restic/doc/faq.rst", true},
		{"kb", "faq.rst", false},
		{"kb", "mydoc/faq.rst", false},
		{"kb", "doc/faq.rst.txt", false},
	} {
		require.Equal(t, tc.want, IsGold(kb.Document{Source: tc.source, Path: tc.path}, gold), "%s %s", tc.source, tc.path)
	}
}

func TestRightAt(t *testing.T) {
	passage := func(path, text string) kb.Passage {
		return kb.Passage{Document: kb.Document{Path: path}, Text: text}
	}
	list := []kb.Passage{
		passage("other.md", "one two"),
		passage("gold.md", "one"),
		passage("gold.md", "two"),
		passage("gold.md", "one two"),
	}
	q := Question{Gold: []string{"gold.md"}, Must: []string{"one", "two"}}
	require.Equal(t, 4, rightAt(q, list), "one passage must hold all")
	q.Kind = KindMulti
	require.Equal(t, 3, rightAt(q, list), "the passages together")
	require.Zero(t, rightAt(q, list[:2]))
	require.Zero(t, rightAt(q, nil))
}
