package extractive_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/answer/answertest"
	"github.com/askdesk/askdesk/answer/model/extractive"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

func TestContract(t *testing.T) {
	answertest.Generators(t, func(*testing.T) answer.Generator { return extractive.New(extractive.Options{}) })
}

// meaning knows two texts to be alike where they have words of one group.
type meaning [][]string

func (m meaning) Near(question string, texts []string) []float64 {
	near := make([]float64, len(texts))
	for i, t := range texts {
		for _, group := range m {
			in := func(s string) bool {
				return slices.ContainsFunc(group, func(w string) bool { return strings.Contains(s, w) })
			}
			if in(question) && in(t) {
				near[i] += 1 / float64(len(m))
			}
		}
		if t == question && t != "" {
			near[i] = 1
		}
	}
	return near
}

func (meaning) Knows(question string) bool { return !strings.Contains(question, "ß") }

func TestMeaningFindsOtherWords(t *testing.T) {
	m := meaning{{"cancel", "End"}, {"subscription", "plan"}}
	answertest.Comparers(t, m, "How do I cancel my subscription?", "End your plan.", "The moon.")
	p := answertest.Passage("Billing", "# Pay\n\nA subscription is paid by card.\n\n# Leave\n\nEnd your plan at any time.")
	const question = "May I cancel a subscription?"
	require.Equal(t, "A subscription is paid by card. [1]", write(t, question, prompts.Style{}, p))
	require.Contains(t, writeWith(t, extractive.Options{Compare: m}, question, prompts.Style{}, p), "End your plan at any time. [1]")
	require.Equal(t, write(t, question+" ß", prompts.Style{}, p), writeWith(t, extractive.Options{Compare: m}, question+" ß", prompts.Style{}, p), "a language it does not know")
}

func write(t *testing.T, question string, style prompts.Style, passages ...kb.Passage) string {
	t.Helper()
	return writeWith(t, extractive.Options{}, question, style, passages...)
}

func writeWith(t *testing.T, opt extractive.Options, question string, style prompts.Style, passages ...kb.Passage) string {
	t.Helper()
	r := answertest.Request(t, question, passages...)
	library, err := prompts.Open("", prompts.Options{})
	require.NoError(t, err)
	r.Voice, err = library.Current().Voice("support", style)
	require.NoError(t, err)
	done, err := extractive.New(opt).Generate(t.Context(), r, func(string) error { return nil })
	require.NoError(t, err)
	return done.Text
}

// TestWhatComesAlong: a sentence brings what it makes no sense without.
func TestWhatComesAlong(t *testing.T) {
	for name, c := range map[string]struct{ question, passage, want string }{
		"code after a colon": {"How do I remove a lock?", "To remove a lock, run:\n\n```\ntool unlock\n```\n",
			"To remove a lock, run: [1]\n```\ntool unlock\n```\n[1]"},
		"steps in their order": {"Where do I choose CSV for an export?", "1. Open Settings.\n2. Choose CSV for the export.\n3. Press Start.\n",
			"1. Open Settings. [1]\n2. Choose CSV for the export. [1]\n3. Press Start. [1]"},
		"items after a colon": {"What is not backed up?", "These are not backed up:\n\n- sockets\n- devices\n",
			"These are not backed up: [1]\n- sockets [1]\n- devices [1]"},
		"the line above an item": {"Are sockets kept?", "What is left out:\n\n- sockets are not kept\n",
			"What is left out: [1]\n- sockets are not kept [1]"},
		"the answer below a question": {"Must I reboot for an upgrade?", "## Must I reboot for an upgrade?\n\nNo. Running systems are fine.",
			"No. Running systems are fine. [1]"},
		"a row with its columns": {"Where does Linux keep its key?", "| OS | Path |\n|---|---|\n| Linux | ~/.key |\n| Haiku | /boot |\n",
			"- Linux: ~/.key [1]"},
		"a row of a table without a first column name": {"What does a month of Business cost?", "| | Team | Business |\n|---|---|---|\n| Cost a month | €29 | €45 |\n| Storage | 1 TB | 2 TB |\n",
			"- Cost a month – Team: €29; Business: €45 [1]"},
		"a table without column names": {"What does status 130 mean?", "| 0 | It was done |\n|---|---|\n| 130 | Status of a stop |\n",
			"- 130: Status of a stop [1]"},
		"no row of another code": {"What does NS-4031 mean?", "| Code | Meaning |\n|---|---|\n| NS-4031 | the seat limit |\n| NS-3002 | a mean import |\n",
			"- NS-4031: the seat limit [1]"},
		"no code that stands alone": {"What is NS-4031?", "You see NS-4031 when the seats are used:\n\n> All seats are used. (NS-4031)\n",
			"You see NS-4031 when the seats are used: [1]\nAll seats are used. [1]"},
		"no row of a code of another series": {"The pot shows W12. What now?", "| Code | What now |\n|---|---|\n| W12 | Fill the pot with water |\n| E07 | Unplug the pot and fill it |\n",
			"- W12: Fill the pot with water [1]"},
		"a row of three names its columns": {"What does the code W12 mean?", "| Code | Meaning | What to do |\n|---|---|---|\n| W12 | No water, or little | Fill the pot |\n",
			"- Code: W12; Meaning: No water, or little; What to do: Fill the pot [1]"},
		"a line above a paragraph is its heading": {"How do I claim the warranty?", "Warranty\n\nSend a photo of the warranty card.\n",
			"Send a photo of the warranty card. [1]"},
		"a heading's words": {"How large are packs?", "# Pack size\n\nThe default is 16 MiB.\n\n# Cache\n\nThe folder can move.",
			"The default is 16 MiB. [1]"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, write(t, c.question, prompts.Style{}, answertest.Passage("Doc", c.passage)))
		})
	}
}

func TestWhatItMeansComesBeforeWhatToDo(t *testing.T) {
	steps := answertest.Passage("NS-4031", "1. Open the list of people for NS-4031.\n2. Remove those who left.\n")
	says := answertest.Passage("NS-4031", "NS-4031 says that all seats of the plan are used.\n")
	require.True(t, strings.HasPrefix(write(t, "What does NS-4031 mean?", prompts.Style{}, steps, says), "NS-4031 says that"))
	list := answertest.Passage("Codes", "| Code | Meaning |\n|---|---|\n| NS-4031 | All seats are used |\n")
	require.Equal(t, "- NS-4031: All seats are used [2]", write(t, "What does NS-4031 mean?", prompts.Style{}, steps, list))
	require.True(t, strings.HasPrefix(write(t, "How do I solve NS-4031?", prompts.Style{}, steps, says), "1. Open the list"))
}

func TestLengthIsKept(t *testing.T) {
	long := answertest.Passage("Doc", strings.Repeat("A refund of the purchase takes five working days and not one more. ", 1)+
		strings.Repeat("Some refund rules of part number ten apply here too. ", 1))
	for i := range 60 {
		long.Text += "Refund rule " + strings.Repeat("x", i+1) + " applies to every purchase in this long list of rules. "
	}
	words := map[string]int{}
	for _, length := range []string{"short", "medium", "long"} {
		text := write(t, "Which refund rules apply to a purchase?", prompts.Style{Length: length}, long)
		words[length] = len(strings.Fields(strings.ReplaceAll(text, " [1]", "")))
	}
	require.LessOrEqual(t, words["short"], 60)
	require.LessOrEqual(t, words["medium"], 120)
	require.LessOrEqual(t, words["long"], 300)
	require.Greater(t, words["medium"], words["short"])
	require.Greater(t, words["long"], words["medium"])
}

func TestCopiesAreQuotedOnce(t *testing.T) {
	a := answertest.Passage("A", "A refund takes five days.")
	b := answertest.Passage("B", "A refund takes five days.")
	require.Equal(t, "A refund takes five days. [1]", write(t, "How long does a refund take?", prompts.Style{}, a, b))
}

func TestFormats(t *testing.T) {
	p := answertest.Passage("A", "A refund takes five days. It is paid to the card.")
	for format, want := range map[string]string{
		"chat":    "A refund takes five days. [1] It is paid to the card. [1]",
		"steps":   "1. A refund takes five days. [1]\n2. It is paid to the card. [1]",
		"bullets": "- A refund takes five days. [1]\n- It is paid to the card. [1]",
		"email":   "Dear customer,\n\nThank you for your enquiry. Our documentation states the following:\n\nA refund takes five days. [1] It is paid to the card. [1]\n\nPlease do not hesitate to contact us should you have any further questions.",
	} {
		require.Equal(t, want, write(t, "How long does a refund take?", prompts.Style{Format: format, Tone: "formal", Language: "en"}, p))
	}
}

// TestOtherPassages: one is heard beside the best where it says what is missing,
// with no procedure that was not asked for.
func TestOtherPassages(t *testing.T) {
	best := answertest.Passage("Refunds", "A refund is paid in five days.")
	best.Evidence = 0.9
	for name, c := range map[string]struct{ text, want string }{
		"adds a word":   {"An invoice with a refund shows it in red.", "A refund is paid in five days. [1]\n\nAn invoice with a refund shows it in red. [2]"},
		"other subject": {"Trucks are blue.", "A refund is paid in five days. [1]"},
		"steps":         {"1. Open the invoice of the refund.\n2. Press Print.", "A refund is paid in five days. [1]"},
	} {
		t.Run(name, func(t *testing.T) {
			other := answertest.Passage("Other", c.text)
			other.Evidence = 0.8
			require.Equal(t, c.want, write(t, "When is a refund paid, and where is the invoice?", prompts.Style{}, best, other))
		})
	}
}
