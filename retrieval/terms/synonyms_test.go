package terms

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

// indexed is the vocabulary of some texts in one language each, and their terms.
func indexed(texts map[string]string) (Vocabulary, map[string]kb.Terms) {
	ids, df, fields := map[string]uint32{}, map[string]int{}, map[string]kb.Terms{}
	a := NewAnalyzer()
	languages := []string{"de", "en"}
	for name, text := range texts {
		var body []kb.Term
		seen := map[string]bool{}
		for _, o := range a.Chunk(&kb.Document{Language: name[:2]}, &kb.Chunk{Text: text}).Body.Occurrences {
			if ids[o.Term] == 0 {
				ids[o.Term] = uint32(len(ids) + 1)
			}
			if !seen[o.Term] {
				df[o.Term]++
			}
			seen[o.Term] = true
			body = append(body, kb.Term{ID: ids[o.Term], Pos: o.Pos})
		}
		fields[name] = kb.Terms{Body: body}
	}
	return Vocabulary{Languages: languages, Chunks: len(texts), Find: func(term string) (uint32, int) { return ids[term], df[term] }}, fields
}

func TestAPhraseIsMarkedWhereItsWordsFollowEachOther(t *testing.T) {
	v, fields := indexed(map[string]string{
		"en joined":  "Turn on two-factor authentication now.",
		"en apart":   "Turn on two factor authentication.",
		"en other":   "The two ways, one factor: authentication.",
		"en reverse": "Authentication, factor two.",
		"en bye":     "bye then",
		"en short":   "2FA is on.",
	})
	asked := Query(kb.Query{Text: "2FA", Synonyms: []kb.Synonym{{Span: kb.Span{End: 3}, Texts: []string{"two-factor authentication"}}}}, v)
	for _, term := range asked.Terms {
		require.Contains(t, term.IDs, uint32(FirstPhrase), "an abbreviation and its parts")
	}
	require.Len(t, asked.Phrases, 2, "as one word and apart")
	for name, want := range map[string][]uint32{"en joined": {2, 3}, "en apart": {2, 3, 4}, "en other": nil, "en reverse": nil, "en short": nil} {
		var at []uint32
		for _, term := range Mark(fields[name], asked.Phrases).Body {
			if term.ID >= FirstPhrase && (len(at) == 0 || at[len(at)-1] != term.Pos) {
				at = append(at, term.Pos)
			}
		}
		require.Equal(t, want, at, name)
	}
	bye := Query(kb.Query{Text: "ciao", Synonyms: []kb.Synonym{{Span: kb.Span{End: 4}, Texts: []string{"bye bye"}}}}, v)
	require.Equal(t, fields["en bye"], Mark(fields["en bye"], bye.Phrases), "one word is no phrase of two")
}

func TestEachDocumentIsFoundByTheFormsOfItsLanguage(t *testing.T) {
	v, fields := indexed(map[string]string{"de": "Die Rechnungen kommen monatlich.", "en": "The invoices come monthly. Hotels are listed."})
	has := func(name string, term kb.QueryTerm) (found bool) {
		for _, t := range fields[name].Body {
			for _, id := range term.IDs {
				found = found || id == t.ID
			}
		}
		return found
	}
	german := Query(kb.Query{Text: "Wo ist meine Rechnung?"}, v).Terms
	require.Len(t, german, 1)
	require.True(t, has("de", german[0]))
	require.False(t, has("en", german[0]))
	both := Query(kb.Query{Text: "Wo ist mein Hotel?", Synonyms: []kb.Synonym{{Span: kb.Span{Start: 12, End: 17}, Texts: []string{"Rechnung"}}}}, v).Terms
	require.True(t, has("en", both[0]) && has("de", both[0]))
}

func TestASynonymThatSaysNothingIsLeftOut(t *testing.T) {
	v, _ := indexed(map[string]string{"en": "It is in the box, with garbage."})
	asked := Query(kb.Query{Text: "what is garbage", Synonyms: []kb.Synonym{{Span: kb.Span{Start: 8, End: 15}, Texts: []string{"it", "in the"}}}}, v)
	require.Empty(t, asked.Synonyms)
	require.Empty(t, asked.Phrases)
}

func TestMarkingTakesSpaceForWhatItFinds(t *testing.T) {
	field := make([]kb.Term, 20_000)
	for i := range field {
		field[i] = kb.Term{ID: uint32(1 + i%2), Pos: uint32(i)}
	}
	phrases := []Phrase{{{1}, {2}}, {{2}, {1}, {2}}}
	var marked kb.Terms
	allocs := testing.AllocsPerRun(1, func() { marked = Mark(kb.Terms{Body: field}, phrases) })
	require.Less(t, allocs, 200.0)
	require.Len(t, marked.Body, 20_000+20_000+19_999, "each position once")
	require.True(t, slices.IsSortedFunc(marked.Body, func(a, b kb.Term) int { return int(a.Pos) - int(b.Pos) }))
}

func TestTheWordThatIsMeantMustBeThere(t *testing.T) {
	v, _ := indexed(map[string]string{"en": "The trash is emptied."})
	mistyped := kb.Synonym{Span: kb.Span{End: 8}, Texts: []string{"trash"}, Meant: "bluebird"}
	asked := Query(kb.Query{Text: "bluebirt", Synonyms: []kb.Synonym{mistyped}}, v)
	require.Empty(t, asked.Terms[0].Meant)
	require.Len(t, asked.Terms[0].IDs, 1)
	require.Equal(t, []kb.Synonym{{Span: kb.Span{End: 8}, Texts: []string{"trash"}, Put: true}}, asked.Synonyms)
}

func TestAWordWithADashExcludesItselfAlone(t *testing.T) {
	v, fields := indexed(map[string]string{"en hub": "A GitHub page.", "en git": "The git hub, and a closet with trash.", "en other": "Garbage of GitHubs."})
	bars := func(text string, synonyms ...kb.Synonym) (found []string) {
		at := strings.Index(text, "-")
		asked := Query(kb.Query{Text: text, Synonyms: synonyms, Excluded: []kb.Exclusion{{Span: kb.Span{Start: at, End: len(text)}, Exact: true}}}, v)
		for _, x := range asked.Excluded {
			for _, term := range x.Terms {
				require.Empty(t, term.Meant)
				for name, f := range fields {
					if slices.ContainsFunc(f.Body, func(o kb.Term) bool { return slices.Contains(term.IDs, o.ID) }) && !slices.Contains(found, name) {
						found = append(found, name)
					}
				}
			}
		}
		slices.Sort(found)
		return found
	}
	require.Equal(t, []string{"en hub", "en other"}, bars("page -GitHub"), "no part of it")
	require.Empty(t, bars("page -closat"), "no word like it")
	require.Empty(t, bars("page -clozet"))
	require.Equal(t, []string{"en other"}, bars("page -garbage", kb.Synonym{Span: kb.Span{Start: 5, End: 13}, Texts: []string{"trash"}}), "no synonym")
}

func TestAQueryHasSoManyPhrases(t *testing.T) {
	v, _ := indexed(map[string]string{"en": "alpha beta gamma delta"})
	words := []string{"alpha", "beta", "gamma", "delta"}
	var q kb.Query
	for i := range 150 {
		word := fmt.Sprintf("word%c%c ", 'a'+i%26, 'a'+i/26)
		s := kb.Synonym{Span: kb.Span{Start: len(q.Text), End: len(q.Text) + len(word) - 1}}
		for j := range 19 {
			s.Texts = append(s.Texts, words[j%4]+" "+words[(j/4)%4])
		}
		q.Text, q.Synonyms = q.Text+word, append(q.Synonyms, s)
	}
	asked := Query(q, v)
	require.Len(t, asked.Phrases, mostPhrases)
	require.Len(t, asked.Terms, 150)
	require.Len(t, asked.Synonyms, 4, "those whose phrases are left out were not searched for")
	require.Len(t, asked.Synonyms[3].Texts, mostPhrases-3*19)
}
