package retrieval_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/synonyms"
)

// thesaurus knows synonyms by knowledge base and word.
type thesaurus map[string]map[string]kb.Synonym

func (th thesaurus) Find(base, question string) (list []kb.Synonym) {
	for word, s := range th[base] {
		if at := strings.Index(question, word); at >= 0 {
			s.Span = kb.Span{Start: at, End: at + len(word)}
			list = append(list, s)
		}
	}
	return list
}

// heard embeds, and keeps what it was asked to embed.
type heard struct {
	kbtest.Embedder
	texts []string
}

func (h *heard) Embed(ctx context.Context, kind kb.EmbedKind, texts []string) ([]kb.Vector, error) {
	h.texts = append(h.texts, texts...)
	return h.Embedder.Embed(ctx, kind, texts)
}

func refunds(t *testing.T, bases ...string) *kbtest.Index {
	x := kbtest.NewIndex(bases...)
	for _, base := range bases {
		require.NoError(t, x.Replace(t.Context(), base, []kb.Entry{
			kbtest.Entry(kb.Document{KB: base, Source: "help", Path: "refund", Audience: kb.Public, Title: "Refund", Text: "A refund takes a week."}),
			kbtest.Entry(kb.Document{KB: base, Source: "help", Path: "money", Audience: kb.Public, Title: "Money", Text: "The money of others."}),
		}))
	}
	return x
}

func TestRetrieveSearchesForSynonyms(t *testing.T) {
	th := thesaurus{"a": {"cash back": {Texts: []string{"reimbursement", "refund"}, Put: true}}}
	var h heard
	r := retrieval.New(refunds(t, "a", "b"), retrieval.Options{Synonyms: th, Embedders: retrieval.Embedding{Embedder: &h}})
	got, err := r.Retrieve(t.Context(), kb.Search{KBs: []string{"a"}, Text: "Is there cash back?"})
	require.NoError(t, err)
	require.Equal(t, "refund", got.Passages[0].Document.Path)
	require.Equal(t, map[string][]string{"cash back": {"refund"}}, got.Synonyms, "what no document has is not said")
	require.Equal(t, "Is there cash back?", got.Query)
	require.NotContains(t, codes(got), "query_corrected")

	_, err = r.Retrieve(t.Context(), kb.Search{KBs: []string{"a", "b"}, Text: "Is there cash back?"})
	require.NoError(t, err)
	require.Equal(t, []string{"Is there reimbursement?", "Is there cash back?"}, h.texts, "one text for all knowledge bases")

	got, err = r.Retrieve(t.Context(), kb.Search{KBs: []string{"b"}, Text: "Is there cash back?"})
	require.NoError(t, err)
	require.Nil(t, got.Synonyms)
}

func TestAnAbbreviationThatIsAStopWordIsSearchedInAllKnowledgeBases(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, synonyms.File), []byte("abbreviations: {IT: information technology}"), 0o600))
	r := retrieval.New(refunds(t, "a", "b"), retrieval.Options{Synonyms: synonyms.Open(dir, synonyms.Options{}), Embedders: retrieval.Embedding{Embedder: kbtest.Embedder{}}})
	for _, question := range []string{"Who runs information technology?", "Who runs IT?"} {
		_, err := r.Retrieve(t.Context(), kb.Search{KBs: []string{"a", "b"}, Text: question})
		require.NoError(t, err)
	}
}

func TestRetrieveMovesDownOrLeavesOutWhatIsExcluded(t *testing.T) {
	var h heard
	r := retrieval.New(refunds(t, "a"), retrieval.Options{Embedders: retrieval.Embedding{Embedder: &h}})
	got, err := r.Retrieve(t.Context(), kb.Search{KBs: []string{"a"}, Text: "Which weeks take a refund other than money?"})
	require.NoError(t, err)
	require.Equal(t, "refund", got.Passages[0].Document.Path)
	got, err = r.Retrieve(t.Context(), kb.Search{KBs: []string{"a"}, Text: "week -money"})
	require.NoError(t, err)
	require.Equal(t, []string{"Which weeks take a refund other than money?", "week "}, h.texts)
	require.Len(t, got.Passages, 1)
	require.Equal(t, "refund", got.Passages[0].Document.Path)
}
