package retrieval_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval"
)

// FuzzRetrieve: whatever is asked, in whatever script, is answered or refused
// with a kb.Error.
func FuzzRetrieve(f *testing.F) {
	for _, q := range []string{
		"How do I reset my password?", "如何重置密码？", "返金はどうすればいいですか？", "비밀번호 재설정", "ไทย", "漢字漢字", "漢字 widget",
		"", " ", "\xff\xfe", "E_CONN_42 --dry-run v1.2.3", "Hello,\n\nit fails.\n\nKind regards\nA. B.", "𝒽𝑜𝓌", "a\u0301\u0302", "．．．",
	} {
		f.Add(q)
	}
	const base = "help"
	index := kbtest.NewIndex(base)
	require.NoError(f, index.Replace(f.Context(), base, kbtest.HelpCentre(base)))
	r := retrieval.New(index, retrieval.Options{})
	f.Fuzz(func(t *testing.T, question string) {
		got, err := r.Retrieve(t.Context(), kb.Search{KBs: []string{base}, Text: question, Audience: kb.Agent, AsOf: time.Unix(1_800_000_000, 0)})
		if err != nil {
			require.NotEqual(t, kb.Internal, kb.CodeOf(err), "%v", err)
		}
		for _, p := range got.Passages {
			require.True(t, p.Relevance >= 0 && p.Relevance <= 1)
		}
	})
}
