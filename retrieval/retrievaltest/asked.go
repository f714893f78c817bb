package retrievaltest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
)

// span is where a stretch stands in a text.
func span(text, stretch string) kb.Span {
	at := strings.Index(text, stretch)
	return kb.Span{Start: at, End: at + len(stretch)}
}

// calling is a query in which a stretch may be called otherwise.
func calling(text, stretch string, others ...string) kb.Query {
	q := query(text)
	q.Synonyms = []kb.Synonym{{Span: span(text, stretch), Texts: others}}
	return q
}

func bins(t *testing.T, new maker) Subject {
	x := new(t, base)
	var entries []kb.Entry
	for path, body := range map[string]string{
		"trash": "The trash is emptied every week.", "both": "Put garbage and trash outside.", "garbage": "There is garbage.",
		"factor": "Turn on strong second factor today.", "apart": "The factor comes second and is strong.", "bin": "The bin is green.",
	} {
		entries = append(entries, kbtest.Entry(kb.Document{KB: base, Source: "help", Path: path, Title: path + ".", Audience: kb.Public, Text: body}))
	}
	secret := kbtest.Entry(kb.Document{KB: base, Source: "help", Path: "secret", Title: "Secret", Audience: kb.Agent, Text: "The landfill of the trash."})
	require.NoError(t, x.Replace(t.Context(), base, append(entries, secret)))
	return x
}

// holding are the paths of the candidates that have an id of a term.
func holding(found kb.Candidates, term kb.QueryTerm) []string {
	var list []string
	for _, c := range found.List {
		if slices.ContainsFunc(slices.Concat(c.Terms.Title, c.Terms.Heading, c.Terms.Body), func(t kb.Term) bool { return slices.Contains(term.IDs, t.ID) }) {
			list = append(list, c.Document.Path)
		}
	}
	slices.Sort(list)
	return list
}

func testSynonyms(t *testing.T, new maker) {
	x := bins(t, new)
	plain := search(t, x, query("garbage"))
	found := search(t, x, calling("garbage", "garbage", "trash", "refuse", "second factor"))
	require.Equal(t, []kb.Synonym{{Span: kb.Span{End: 7}, Texts: []string{"trash", "second factor"}}}, found.Synonyms, "those that the index has")
	require.Len(t, found.Query, 1)
	require.Equal(t, "garbage", found.Query[0].Text)
	require.Equal(t, []string{"both", "factor", "garbage", "secret", "trash"}, holding(found, found.Query[0]), "a phrase stands together")
	require.LessOrEqual(t, found.Query[0].IDF, plain.Query[0].IDF)

	one := search(t, x, calling("garbage", "garbage", "trash"))
	scores := map[string]float64{}
	for _, c := range leg(one, lexical) {
		scores[c.Document.Path] = c.Legs.Lexical.Score
	}
	require.Positive(t, scores["trash"])
	require.Empty(t, search(t, x, calling("garbage", "garbage", "refuse")).Synonyms)
	require.Equal(t, strip(plain), strip(search(t, x, calling("garbage", "garbage", "refuse"))), "what is not there costs nothing")

	unseen := search(t, x, calling("rubbish", "rubbish", "trash"))
	require.True(t, unseen.Synonyms[0].Put, "no chunk has the word itself")
	require.Equal(t, []string{"both", "secret", "trash"}, holding(unseen, unseen.Query[0]))

	phrase := search(t, x, calling("empty a waste basket", "waste basket", "bin"))
	for _, term := range phrase.Query[1:] {
		require.Equal(t, []string{"bin"}, holding(phrase, term), "each word of the stretch")
	}
	twice := search(t, x, calling("garbage or trash", "garbage", "trash"))
	require.Equal(t, "garbage", twice.Query[0].Text)

	kept := calling("rubbish", "rubbish", "landfill")
	kept.Audience = kb.Public
	without := query("rubbish")
	without.Audience = kb.Public
	require.Equal(t, strip(search(t, x, without)), strip(search(t, x, kept)), "a word that only agents may read is no synonym")
}

func testMistypedSynonym(t *testing.T, new maker) {
	x := bins(t, new)
	mistyped := func(text string, others ...string) kb.Query {
		q := calling(text, text, others...)
		q.Synonyms[0].Meant = "garbage"
		return q
	}
	found := search(t, x, mistyped("gabbage", "trash"))
	require.Equal(t, "garbage", found.Query[0].Meant)
	require.Equal(t, []string{"both", "garbage", "secret", "trash"}, holding(found, found.Query[0]))
	require.Equal(t, strip(search(t, x, query("emptied"))), strip(search(t, x, mistyped("emptied", "bin"))), "a word that the index has is no mistake")

	hidden := mistyped("landfilk", "trash")
	hidden.Synonyms[0].Meant = "landfill"
	require.Equal(t, "landfill", search(t, x, hidden).Query[0].Meant)
	hidden.Audience = kb.Public
	found = search(t, x, hidden)
	require.Empty(t, found.Query[0].Meant, "only agents may read the word that is meant")
	require.Equal(t, []kb.Synonym{{Span: kb.Span{End: 8}, Texts: []string{"trash"}, Put: true}}, found.Synonyms)
	require.Equal(t, []string{"both", "trash"}, holding(found, found.Query[0]))
}

func testExcluded(t *testing.T, new maker) {
	x := bins(t, new)
	q := query("trash other than garbage")
	q.Excluded = []kb.Exclusion{{Span: span(q.Text, "garbage")}}
	found := search(t, x, q)
	plain := search(t, x, query(q.Text))
	require.Equal(t, plain.List, found.List, "it is searched for")
	require.Equal(t, plain.Query, found.Query)
	require.Len(t, found.Excluded, 1)
	require.Equal(t, []string{"both", "garbage"}, holding(found, found.Excluded[0].Terms[0]))

	q = query("the -garbage")
	q.Excluded = []kb.Exclusion{{Span: span(q.Text, "-garbage"), Exact: true}}
	found = search(t, x, q)
	require.Empty(t, found.Excluded, "nothing else is asked for")
	require.NotEmpty(t, found.List)
}

func testBarred(t *testing.T, new maker) {
	x := new(t, base)
	entries := []kb.Entry{kbtest.Entry(kb.Document{KB: base, Source: "help", Path: "wireguard", Audience: kb.Public, Title: "w", Text: "vpn wireguard " + strings.Repeat("other words ", 40)})}
	for i := range 120 {
		entries = append(entries, kbtest.Entry(kb.Document{KB: base, Source: "help", Path: fmt.Sprint(i), Audience: kb.Public, Title: "c", Text: "vpn cisco setup"}))
	}
	require.NoError(t, kbtest.Embed(t.Context(), embedder, entries))
	require.NoError(t, x.Replace(t.Context(), base, entries))
	q := hybrid(t, "vpn -cisco")
	q.Excluded = []kb.Exclusion{{Span: span(q.Text, "-cisco"), Exact: true}}
	q.Synonyms = []kb.Synonym{{Span: span(q.Text, "cisco"), Texts: []string{"wireguard"}}}
	found := search(t, x, q)
	require.Equal(t, []string{"wireguard"}, paths(found.List))
	require.Equal(t, kb.Legs{Lexical: kb.Leg{Rank: 1, Score: found.List[0].Legs.Lexical.Score}, Dense: kb.Leg{Rank: 1, Score: found.List[0].Legs.Dense.Score}}, found.List[0].Legs)
	require.Equal(t, 1, found.Chunks)
	require.Zero(t, found.Without)
	require.Empty(t, found.Synonyms)
	q.Excluded = nil
	require.Equal(t, 121, search(t, x, q).Chunks, "the next search has all chunks")
}
