package understand

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func TestExclusions(t *testing.T) {
	type found struct {
		words string
		exact bool
	}
	for question, want := range map[string][]found{
		"How do I log in without SSO?":                          {{"SSO", false}},
		"How do I sign in without using my phone or an app?":    {{"phone", false}},
		"Wie melde ich mich ohne mein Telefon an?":              {{"Telefon", false}},
		"Which ways to pay are there other than a credit card?": {{"credit card", false}},
		"Can I use an app instead of text messages":             {{"text messages", false}},
		"What is in every plan except for Starter, please?":     {{"Starter", false}},
		"Wie kann ich zahlen außer per Kreditkarte?":            {{"Kreditkarte", false}},
		"login -sso":                     {{"-sso", true}},
		"export invoices -draft -credit": {{"-draft", true}, {"-credit", true}},
		"Can we stop the plan without losing everything?":              nil,
		"Kann ich kündigen, ohne Daten zu verlieren?":                  nil,
		"Why can people log in without SSO?":                           nil,
		"The page shows 0 instead of 12.":                              nil,
		"We are without internet. What now?":                           nil,
		"my card is not accepted":                                      nil,
		"uninstalled a game but its huge -data package is still there": nil,
		"restic backup -v":                                             nil,
		"restic backup --dry-run":                                      nil,
		"cannot find -lpng, what now?":                                 nil,
		"vpn -the":                                                     nil,
		"-sso":                                                         nil,
		"without":                                                      nil,
		"How do I do it without":                                       nil,
		"How do I do it without, say, SSO":                             nil,
		"":                                                             nil,
	} {
		var got []found
		for _, x := range Exclusions(question) {
			got = append(got, found{question[x.Span.Start:x.Span.End], x.Exact})
		}
		require.Equal(t, want, got, question)
	}
}

func TestMeaning(t *testing.T) {
	const question = "How do I get mony back other than by card?"
	require.Equal(t, question, Meaning(question, Reading{}))
	at := func(from, to int) kb.Span { return kb.Span{Start: from, End: to} }
	require.Equal(t, "How do I get refund other than by plastic?", Meaning(question, Reading{
		Synonyms:  []kb.Synonym{{Span: at(13, 22), Texts: []string{"refund", "credit"}, Put: true}, {Span: at(37, 41), Texts: []string{"plastic"}, Put: true}},
		Excluded:  []kb.Exclusion{{Span: at(37, 41)}},
		Corrected: map[string]string{"mony": "money"},
	}))
	require.Equal(t, "How do I get money back other than by card?", Meaning(question, Reading{
		Synonyms:  []kb.Synonym{{Span: at(37, 41), Texts: []string{"plastic"}}},
		Excluded:  []kb.Exclusion{{Span: at(37, 41)}},
		Corrected: map[string]string{"mony": "money"},
	}))
	require.Equal(t, "pay ", Meaning("pay -card", Reading{Excluded: []kb.Exclusion{{Span: at(4, 9), Exact: true}}}))
	require.Equal(t, "-card", Meaning("-card", Reading{Excluded: []kb.Exclusion{{Span: at(0, 5), Exact: true}}}), "a question never becomes nothing")
}

func FuzzExclusions(f *testing.F) {
	f.Add("How do I log in other than by SSO, without an app -x?")
	f.Add("ohne Ä instead of \xff -yes")
	f.Fuzz(func(t *testing.T, question string) {
		last := 0
		for _, x := range Exclusions(question) {
			require.LessOrEqual(t, last, x.Span.Start)
			require.Less(t, x.Span.Start, x.Span.End)
			require.LessOrEqual(t, x.Span.End, len(question))
			last = x.Span.End
		}
		require.NotPanics(t, func() { Meaning(question, Reading{Excluded: Exclusions(question)}) })
	})
}
