package letter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/text/letter"
)

func TestParts(t *testing.T) {
	for _, tc := range []struct{ name, mail, subject, body string }{
		{"plain", "It fails.", "", "It fails."},
		{"empty", "", "", ""},
		{"a mail", "From: sam@example.com\nTo: you\nSubject: RE: Fwd: the export\nDate: today\n\nDear team,\n\n> it works\nIt fails.\n\nWhy?\n\nKind regards\nSam", "the export", "It fails.\n\nWhy?"},
		{"a greeting before the text", "Hi Ana, it fails.", "", "it fails."},
		{"a long closing before an address", "It fails.\nMany thanks in advance and greetings from rainy Cork\nDeclan\nBurke Roofing", "", "It fails."},
		{"thanks in the middle", "Thank you for last week.\nThanks for the call too, it was a great help.\nToday it fails, what can we do about that now?", "", "Thank you for last week.\nThanks for the call too, it was a great help.\nToday it fails, what can we do about that now?"},
		{"a signature of a phone", "It fails.\nSent from my iPhone", "", "It fails."},
		{"German", "Guten Tag zusammen,\nes geht nicht.\nLiebe Grüße aus Bremen\nJana", "", "es geht nicht."},
		{"a closing that asks", "It fails.\nThanks, but why?", "", "It fails.\nThanks, but why?"},
		{"best, but no closing", "It fails.\nBestseller lists do not.", "", "It fails.\nBestseller lists do not."},
		{"nothing but a closing", "Thanks\nSam", "", "Thanks\nSam"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			subject, body := letter.Parts(tc.mail)
			require.Equal(t, tc.subject, subject)
			require.Equal(t, tc.body, body)
		})
	}
}

func TestCourtesy(t *testing.T) {
	require.True(t, letter.Courtesy("Thank you for the quick help!"))
	require.True(t, letter.Courtesy("Ich hoffe, es geht Ihnen gut."))
	require.False(t, letter.Courtesy("The import fails."))
}

func FuzzParts(f *testing.F) {
	f.Add("Subject: re: x\nHi,\n> a\nText\n--\nme")
	f.Fuzz(func(t *testing.T, s string) {
		subject, body := letter.Parts(s)
		require.LessOrEqual(t, len(subject)+len(body), len(s))
		require.LessOrEqual(t, len(letter.Ungreeted(s)), len(s))
	})
}
