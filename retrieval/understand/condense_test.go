package understand

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/text"
)

func TestCondense(t *testing.T) {
	chat := strings.Repeat("We have bought from you for a year or two now. ", 6)
	log := strings.Repeat("some words of a log that goes on and on ", 40)
	for _, tc := range []struct {
		name, in, want string
		reduced        bool
	}{
		{"short", "Hello, how do I cancel? Thanks", "Hello, how do I cancel? Thanks", false},
		{"empty", "", "", false},
		{"nothing to leave out", "Our architect sent a zip file  with all of the drawings of the new house.\nWhy can't I attach it to the job of today?", "Our architect sent a zip file  with all of the drawings of the new house.\nWhy can't I attach it to the job of today?", false},
		{"a note", "Hi all,\nthank you for the quick help last week, it was great. Our architect sent a zip file. Why can't I attach it?\n\nHave a nice day!\nIlse\nVermeulen BV",
			"Our architect sent a zip file.\nWhy can't I attach it?", false},
		{"a greeting within the line", "Good morning Ana, we sent you three mails about the export and I hope that you are well. It fails.\nThanks\nSam Smith\nAcme, 12 Long Road",
			"It fails.", false},
		{"thanks that say more", "Thank you, but after the update the import still fails with E_CONN_42 on each of our machines, and we would like to be told why that is so.",
			"Thank you, but after the update the import still fails with E_CONN_42 on each of our machines, and we would like to be told why that is so.", false},
		{"question and symptom", "Hi Ana,\n" + chat + "The export fails with E_CONN_42. " + chat + "Where does it write the log of errors?\nBest regards\nSam Smith\nAcme Ltd, 12 Long Road",
			"The export fails with E_CONN_42.\nWhere does it write the log of errors?", true},
		{"what speaks of the same", chat + "We moved the appointment in Outlook. " + chat + "Is that change in Outlook supposed to reach the schedule of everybody?",
			"We moved the appointment in Outlook.\nIs that change in Outlook supposed to reach the schedule of everybody?", true},
		{"a question that says little", chat + "We moved the appointment. It can't be seen by anybody. What now?",
			"We moved the appointment.\nIt can't be seen by anybody.\nWhat now?", true},
		{"no question", chat + "The printer is broken and shows nothing but a white page. " + chat, "The printer is broken and shows nothing but a white page.", true},
		{"forwarded", "From: sam@example.com\nSubject: RE: Fwd: the sign-in page\n\n> your mail of monday\n" + chat + "Since today the page stays white, what can we do about that?",
			"the sign-in page\nSince today the page stays white, what can we do about that?", true},
		{"German", "Sehr geehrte Damen und Herren,\n" + chat + "Der Export bricht ab, was ist an der Datei falsch oder kaputt?\nMit freundlichen Grüßen\nEva", "Der Export bricht ab, was ist an der Datei falsch oder kaputt?", true},
		{"only a signature", "Thanks\nSam Smith, who has been the head of the workshop of Acme Limited for as long as anybody can say, 12 Long Road", "Thanks\nSam Smith, who has been the head of the workshop of Acme Limited for as long as anybody can say, 12 Long Road", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, reduced := Condense(tc.in)
			require.Equal(t, tc.want, got)
			require.Equal(t, tc.reduced, reduced)
		})
	}
	got, reduced := Condense(chat)
	require.NotEmpty(t, got)
	require.False(t, reduced)
	got, shorter := Condense(log)
	require.True(t, shorter)
	require.Equal(t, mostWords, WordCount(got))
}

// The mails of the sample help centre hide a question in a story.
func TestMailsAreReducedToWhatTheyAsk(t *testing.T) {
	data, err := os.ReadFile("../../testdata/helpcentre/mails.jsonl")
	require.NoError(t, err)
	mails := 0
	for line := range strings.Lines(string(data)) {
		var q struct{ ID, Kind, Question string }
		require.NoError(t, json.Unmarshal([]byte(line), &q))
		got, _ := Condense(q.Question)
		if q.Kind == "bare" {
			require.Equal(t, q.Question, got)
			continue
		}
		mails++
		require.LessOrEqual(t, WordCount(got), longWords+20, q.ID)
		for _, span := range text.Sentences(q.Question) {
			if s := q.Question[span.Start:span.End]; strings.HasSuffix(s, "?") {
				require.Contains(t, got, s, q.ID)
			}
		}
		lines := strings.Split(q.Question, "\n")
		require.NotContains(t, got, lines[0]+"\n", q.ID)
		require.NotContains(t, got, lines[len(lines)-1], q.ID)
	}
	require.Equal(t, 12, mails)
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
