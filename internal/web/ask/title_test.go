package ask

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTitle(t *testing.T) {
	for question, want := range map[string]string{
		"  How do I\n reset it? ":                                  "How do I reset it?",
		"Hello,\n\nI am locked out since this morning.\n\nAda":     "I am locked out since this morning. Ada",
		"Hi there!\nWhere is my invoice?":                          "Where is my invoice?",
		"Hi, where is my invoice?":                                 "where is my invoice?",
		"Dear Sir or Madam,\r\nthe pump leaks.":                    "the pump leaks.",
		"Sehr geehrte Damen und Herren,\n\nwo finde ich die Maße?": "wo finde ich die Maße?",
		"Dear Dr. Smith,\nthe pump leaks.":                         "the pump leaks.",
		"From: ada@example.com\nTo: desk\nSubject: Leak\n\nHello,": "Leak",
		"> old mail\nIs it safe?":                                  "Is it safe?",
		"Hello":                                                    "Hello",
		"Hi-Res mode: how do I turn it on for all of my displays?": "Hi-Res mode: how do I turn it on for all of my displays?",
		"Hello world program does not compile with version 3":      "Hello world program does not compile with version 3",
		"Hi. It leaks.":                                            "It leaks.",
		"High CPU":                                                 "High CPU",
		"Hello?":                                                   "Hello?",
	} {
		require.Equal(t, want, titleOf(question), "%q", question)
	}
	long := titleOf("Hello,\n" + strings.Repeat("wörter ", 40))
	require.Len(t, []rune(long), 80)
	require.True(t, strings.HasSuffix(long, "…"))
}
