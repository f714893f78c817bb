package extractive_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer/answertest"
	"github.com/askdesk/askdesk/answer/model/extractive"
	"github.com/askdesk/askdesk/prompts"
)

// TestStepsOfTheTitle: where a title matches the question, its steps come whole,
// and what other sections say of its words does not come at all.
func TestStepsOfTheTitle(t *testing.T) {
	reset := answertest.Passage("Reset a password", "# Reset a password\n\n## Ask for a link\n\n1. Open the form.\n2. Enter your address.\n3. Press Send.\n\nThe link works once.\n")
	mail := answertest.Passage("Reset a password", "## No message\n\nWith single sign-on there is no password to reset.\n")
	codes := answertest.Passage("Codes", "| Code | Do |\n|---|---|\n| NS-1001 | Reset the password |\n")
	reset.Evidence, mail.Evidence, codes.Evidence = 1, 1, 1
	want := "1. Open the form. [1]\n2. Enter your address. [1]\n3. Press Send. [1]\n\nThe link works once. [1]"
	for _, question := range []string{"How do I reset my password?", "reset password"} {
		require.Equal(t, want, write(t, question, prompts.Style{}, reset, mail, codes))
	}
	require.Contains(t, write(t, "Is there a password to reset with single sign-on?", prompts.Style{}, reset, mail, codes), "With single sign-on there is no")
}

func TestOffIsNotOn(t *testing.T) {
	on := answertest.Passage("Turn on the alarm", "# Turn on the alarm\n\n1. Press the green key of the alarm.\n")
	off := answertest.Passage("Alarm", "## Switch it off\n\nPress the red key.\n")
	on.Evidence, off.Evidence = 1, 0.75
	off.Heading = []string{"Alarm", "Switch it off"}
	require.Equal(t, "Press the red key. [2]", write(t, "How do I turn off the alarm?", prompts.Style{}, on, off))
	require.Contains(t, write(t, "How do I turn on the alarm?", prompts.Style{}, on, off), "Press the green key of the alarm. [1]")
}

func TestArticleOfACodeSpeaksFirst(t *testing.T) {
	article := answertest.Passage("NS-4031: seat limit", "# NS-4031: seat limit\n\nYou see it when an invitation is one too many.\n")
	other := answertest.Passage("Seats", "An invitation beyond the limit fails with NS-4031.\n")
	article.Evidence, other.Evidence = 0.95, 0.95
	require.Regexp(t, `^You see it when an invitation is one too many\. \[2\]`, write(t, "What does NS-4031 mean? I can't send an invitation.", prompts.Style{}, other, article))
}

func TestASynonymCountsAsTheWord(t *testing.T) {
	refund := answertest.Passage("Returns", "A refund is paid within five days.\n")
	money := answertest.Passage("Trust", "The money of customers lies in a bank.\n")
	refund.Evidence, money.Evidence = 1, 1
	r := answertest.Request(t, "Is there money back?", refund, money)
	answers := func(synonyms map[string][]string) string {
		r.Synonyms = synonyms
		done, err := extractive.New(extractive.Options{}).Generate(t.Context(), r, func(string) error { return nil })
		require.NoError(t, err)
		return done.Text
	}
	require.Regexp(t, `^The money of customers`, answers(nil))
	require.Regexp(t, `^A refund is paid`, answers(map[string][]string{"money back": {"credit note", "refunds"}}))
	require.Regexp(t, `^The money of customers`, answers(map[string][]string{"money back": {"refund note"}}), "a phrase counts if all its words are there")
}
