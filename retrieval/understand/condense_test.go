package understand

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCondense(t *testing.T) {
	chat := strings.Repeat("We have been a happy customer of yours since the spring of last year. ", 6)
	log := strings.Repeat("some words of a log that goes on and on ", 40)
	for _, tc := range []struct {
		name, in, want string
		shorter        bool
	}{
		{"short", "Hello, how do I cancel? Thanks", "Hello, how do I cancel? Thanks", false},
		{"empty", "", "", false},
		{"question and symptom", "Hi Ana,\n" + chat + "The export fails with E_CONN_42. " + chat + "Where is the log?\nBest regards\nSam Smith\nAcme Ltd, 12 Long Road",
			"The export fails with E_CONN_42.\nWhere is the log?", true},
		{"forwarded", "From: sam@example.com\nSubject: RE: Fwd: the sign-in page\n\n> your mail of monday\n" + chat + "Since today the page stays white?",
			"the sign-in page\nSince today the page stays white?", true},
		{"German", "Sehr geehrte Damen und Herren,\n" + chat + "Der Export bricht ab, was ist falsch?\nMit freundlichen Grüßen\nEva", "Der Export bricht ab, was ist falsch?", true},
		{"tells nothing", chat, strings.TrimSpace(strings.ReplaceAll(chat, ". ", ".\n")), false},
		{"only a signature", "Thanks\n" + chat, strings.TrimSpace("Thanks\n" + strings.ReplaceAll(chat, ". ", ".\n")), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, shorter := Condense(tc.in)
			require.Equal(t, tc.want, got)
			require.Equal(t, tc.shorter, shorter)
		})
	}
	got, shorter := Condense(log)
	require.True(t, shorter)
	require.Equal(t, mostWords, WordCount(got))
}

func FuzzCondense(f *testing.F) {
	f.Add(strings.Repeat("How do I cancel? The export fails. ", 30))
	f.Add("Hi,\n" + strings.Repeat("> quoted\n", 70) + "--\nSam")
	f.Add(strings.Repeat("漢字", 2000))
	f.Fuzz(func(t *testing.T, s string) {
		got, shorter := Condense(s)
		require.Equal(t, strings.TrimSpace(s) == "", strings.TrimSpace(got) == "", "a question never becomes nothing")
		if shorter {
			require.Less(t, WordCount(got), WordCount(s))
		}
		if WordCount(s) > longWords {
			require.LessOrEqual(t, WordCount(got), mostWords)
		}
	})
}
