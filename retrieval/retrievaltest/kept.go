package retrievaltest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
)

// testKept compares two indexes that differ only in documents for agents: no
// question of the public tells them apart, whatever became of those documents.
func testKept(t *testing.T, new maker) {
	entry := func(path, title, language, text string, audience kb.Audience) kb.Entry {
		return kbtest.Entry(kb.Document{KB: base, Source: "help", Path: path, Title: title, Language: language, Audience: audience, Text: text})
	}
	shared := []kb.Entry{
		entry("sync.md", "Sync", "en", "# Start\n\nStart the client and sign in. The sync begins at once.\n\n# Stop\n\nQuit the client.\n", kb.Public),
		entry("bill.md", "Bills", "en", "# Bills\n\nA bill comes every month.\n", kb.Public),
		entry("was-secret.md", "Prices", "en", "# Prices\n\nThe price of a seat is ten a month.\n", kb.Public),
	}
	kept := []kb.Entry{
		entry("lawsuit.md", "Lawsuit", "en", "# Lawsuit\n\nNever speak of the lawsuit with Umbrella. The client and the bill are known to Umbrella.\n", kb.Agent),
		entry("interne.md", "Facturation interne", "fr", "# Facturation\n\nLes factures des clients sont dans le dossier partagé. La sync est lente.\n", kb.Agent),
		entry("gone.md", "Gone", "en", "# Gone\n\nThe sync of Umbrella was stopped.\n", kb.Agent),
	}
	require.NoError(t, kbtest.Embed(t.Context(), embedder, shared))
	require.NoError(t, kbtest.Embed(t.Context(), embedder, kept))
	x, y := new(t, base), new(t, base)
	require.NoError(t, x.Replace(t.Context(), base, shared))
	before := shared[2]
	before.Document.Audience = kb.Agent
	require.NoError(t, y.Replace(t.Context(), base, append(kept, before)))
	require.NoError(t, y.Replace(t.Context(), base, shared))
	same := func() {
		t.Helper()
		for _, text := range []string{
			"umbrella lawsuit", "lawsuit", "les factures des clients", "is the sync slow", "when does the bill come", "start the client", "partagé", "price", "",
		} {
			for _, audience := range []kb.Audience{kb.Public, ""} {
				q := hybrid(t, text)
				q.Audience = audience
				require.Equal(t, strip(search(t, x, q)), strip(search(t, y, q)), text)
			}
		}
	}
	same()
	require.NoError(t, y.Delete(t.Context(), base, []string{kept[2].Document.ID}))
	same()
	q := query("umbrella")
	require.NotEmpty(t, search(t, y, q).Query[0].IDs)
	q.Audience = kb.Public
	unseen := search(t, y, q)
	require.Empty(t, unseen.Query[0].IDs)
	require.Empty(t, unseen.List)
}
