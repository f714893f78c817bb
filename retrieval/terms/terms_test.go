package terms

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// probe is analysed to notice a change of the analysis.
const probe = `# Reset a password: E_CONN_42, --dry-run, v1.2.3, OLLAMA_HOST=0.0.0.0:11434, foo.bar/baz, getUserName
two-factor e-mail and/or GitHub, don’t, L’utilisateur, 10GB, 1,000.50 EUR, 30-day, PDFs, C++, me@example.com,
https://a.b/c?d=1, 東京都, Straße, contraseña, Rechnungen, utilisateurs, llama3.2:8b 2024-01-15 U.S. password.How`

// TestAnalysisIsPinned fails when texts get other terms than before: then
// change Version, so that stored indexes are analysed anew.
func TestAnalysisIsPinned(t *testing.T) {
	a, h := NewAnalyzer(), sha256.New()
	for _, language := range []string{"", "en", "de", "fr", "es", "it", "nl", "pt", "ru", "tr"} {
		f := a.Chunk(&kb.Document{Title: probe, Language: language}, &kb.Chunk{Text: probe})
		fmt.Fprintln(h, language, f.Title, f.Body)
	}
	h.Write(Pieces(&kb.Document{Title: probe}, &kb.Chunk{Text: probe}))
	require.Equal(t, "a33ad748101e2098 words-1 pieces-1", hex.EncodeToString(h.Sum(nil))[:16]+" "+Version)
}

func TestBlobs(t *testing.T) {
	ids := map[string]uint32{}
	id := func(term string) uint32 {
		if _, ok := ids[term]; !ok {
			ids[term] = uint32(len(ids) * 1000)
		}
		return ids[term]
	}
	f := NewAnalyzer().Chunk(&kb.Document{Title: "The title", Language: "en"}, &kb.Chunk{Text: probe})
	blob := Encode(f, id)
	got, length, err := Decode(blob)
	require.NoError(t, err)
	counted, err := Count(blob, func(uint32, int) {})
	require.NoError(t, err)
	require.Equal(t, counted, length)
	require.Empty(t, got.Heading)
	for i, o := range f.Body.Occurrences {
		require.Equal(t, kb.Term{ID: ids[o.Term], Pos: o.Pos}, got.Body[i])
	}
	require.Equal(t, []kb.Term{{ID: ids["the"]}, {ID: ids["titl"], Pos: 1}}, got.Title)
	for n := range blob {
		_, _, err := Decode(blob[:n])
		require.ErrorIs(t, err, ErrBlob)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{1, 1, 0, 5, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, blob []byte) {
		got, _, err := Decode(blob)
		if err != nil {
			require.Empty(t, got)
		}
	})
}

func texts(list []kb.QueryTerm) (out []string) {
	for _, term := range list {
		out = append(out, term.Text)
	}
	return out
}

func ask(s string, v Vocabulary) []kb.QueryTerm { return Query(kb.Query{Text: s}, v).Terms }

func TestQuery(t *testing.T) {
	known := map[string]int{"password": 3, "github": 2, "git": 9, "hub": 1, "die": 1, "twofactor": 1, "two": 5, "factor": 4}
	v := Vocabulary{Languages: []string{"de", "en"}, Chunks: 10, Find: func(term string) (uint32, int) {
		if n, ok := known[term]; ok {
			return uint32(len(term)), n
		}
		return 0, 0
	}}
	for in, want := range map[string][]string{
		"how do I reset my passwords":        {"reset", "passwords"},
		"Wie kann ich mein Passwort ändern?": {"passwort", "ändern"},
		"why does the game die":              {"game", "die"},
		"the of and":                         {"the", "of", "and"},
		"password, Passwords":                {"password"},
		"GitHub":                             {"github"},
		"GitLab":                             {"git", "lab"},
		"two-factor":                         {"two", "factor"},
		"E_CONN_42":                          {"e_conn_42", "conn", "42"},
		"can't we not password":              {"password"},
		"":                                   nil,
	} {
		require.Equal(t, want, texts(ask(in, v)), in)
	}
	q := ask("a two-factor unseen", v)
	require.Equal(t, []int{1, 1, 2}, []int{q[0].Pos, q[1].Pos, q[2].Pos})
	require.Len(t, q[0].IDs, 2)
	require.Equal(t, IDF(10, 5), q[0].IDF, "of the most frequent form")
	require.Empty(t, q[2].IDs)
	require.Equal(t, IDF(10, 0), q[2].IDF)
}

func TestPieces(t *testing.T) {
	body := "# Refunds\n\nA refund takes a week. Ask for it.\n\n- 東京\n"
	got, err := DecodePieces(Pieces(&kb.Document{Title: "The title"}, &kb.Chunk{Text: body}))
	require.NoError(t, err)
	require.Equal(t, [][]uint16{
		text.Pieces("The title"), text.Pieces("Refunds"), text.Pieces("A refund takes a week."), text.Pieces("Ask for it."), text.Pieces("東京"),
	}, got)
	got, err = DecodePieces(Pieces(&kb.Document{}, &kb.Chunk{}))
	require.NoError(t, err)
	require.Equal(t, [][]uint16{{}}, got)
	for _, blob := range [][]byte{{1}, {1, 0}, {0, 1, 0}, {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}} {
		_, err := DecodePieces(blob)
		require.ErrorIs(t, err, ErrBlob)
	}
}

func TestAMistypedWordIsTakenForTheOneThatIsMeant(t *testing.T) {
	ids := map[string]uint32{}
	known := map[string]int{"password": 3, "passwort": 1, "backup": 5, "backups": 1, "rechnung": 2, "cat": 9, "refund": 4, "e_conn_42": 1, "forget": 6}
	for word := range known {
		ids[word] = uint32(len(ids) + 1)
	}
	v := Vocabulary{Languages: []string{"en", "de"}, Chunks: 10, Find: func(term string) (uint32, int) { return ids[term], known[term] }}
	for in, want := range map[string]string{
		"passwrd":   "password", // one left out
		"passsword": "password", // one too many
		"pasword":   "password",
		"pazsword":  "password", // another one
		"passwrod":  "password", // two that changed places
		"refudns":   "refunds",  // as it is stemmed
		"rechnugn":  "rechnung",
		"password":  "",
		"qassword":  "", // the first letter is seldom wrong
		"paswrd":    "", // two mistakes
		"cart":      "", // too short
		"e_conn_43": "", // no identifier
		"パスワード":     "",
		"unrelated": "",
		"forgot":    "", // a word of its own, though no document has it
	} {
		q := ask(in, v)
		require.Equal(t, want, q[0].Meant, in)
		if want != "" {
			require.NotEmpty(t, q[0].IDs, in)
			require.Equal(t, in, q[0].Text)
			require.Less(t, q[0].IDF, IDF(10, 0), "it weighs as much as the word that is meant")
		}
	}
	require.Equal(t, "backup", ask("backu", v)[0].Meant, "the more frequent one")

	var mended int
	for _, term := range ask(strings.Repeat("x", 5)+" abckup bbckup bacup badkup bakcup backpu backud backuq backur backut bazkup bxckup", v) {
		if term.Meant != "" {
			mended++
		}
	}
	require.LessOrEqual(t, mended, mostMistakes)
}

func TestALongHeadingIsCut(t *testing.T) {
	a := NewAnalyzer()
	words := func(heading ...string) int {
		return a.Chunk(&kb.Document{Language: "en"}, &kb.Chunk{Heading: heading, Text: "Text."}).Heading.Words
	}
	require.Equal(t, 400, words(strings.Repeat("word ", 200), strings.Repeat("word ", 200)[:999]), "2,000 characters count")
	require.Equal(t, 400, words(strings.Repeat("word ", 100_000), "another"))
}
