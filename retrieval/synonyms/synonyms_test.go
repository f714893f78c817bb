package synonyms

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

const sample = `# what a support lead writes
groups:
  - [garbage, trash, rubbish]
  - [seat, licence, "user licence"]
rules:
  money back: refund
  fell off the van: [lost, stolen phone]
abbreviations:
  2FA: [two-factor authentication, MFA]
  IT: information technology
knowledge_bases:
  billing:
    groups:
      - [refund, reimbursement]
    rules:
      till: cash register
`

func open(t *testing.T, data string) *Set {
	t.Helper()
	sections, problems := read([]byte(data))
	require.Empty(t, problems)
	return compile(sections)
}

func TestFind(t *testing.T) {
	s := open(t, sample)
	for _, tc := range []struct{ base, question, want string }{
		{"help", "Where does the garbage go?", "garbage=trash,rubbish"},
		{"help", "one more licence, two Seats", "licence=seat,user licence Seats=licence,user licence"},
		{"help", "a user licence", "user licence=seat,licence"},
		{"help", "I want my money back!", "money back>refund"},
		{"billing", "I want my money back!", "money back>refund,reimbursement"},
		{"billing", "refunds", "refunds=reimbursement"},
		{"help", "refunds", ""},
		{"help", "the till", ""},
		{"billing", "the till", "till>cash register"},
		{"help", "a 2fa code", "2fa>two-factor authentication,MFA"},
		{"help", "Is two factor authentication safe", "two factor authentication=2FA,MFA"},
		{"help", "who is in IT?", "IT>information technology"},
		{"help", "does it work", ""},
		{"help", "the grabage of my trahs", "grabage~garbage=trash,rubbish trahs~trash=garbage,rubbish"},
		{"help", "my phone fell off the van, stole it", "fell off the van>lost,stolen phone"},
		{"help", "", ""},
	} {
		var got []string
		for _, f := range s.Find(tc.base, tc.question) {
			sign := "="
			if f.Put {
				sign = ">"
			}
			if f.Meant != "" {
				sign = "~" + f.Meant + sign
			}
			got = append(got, tc.question[f.Span.Start:f.Span.End]+sign+strings.Join(f.Texts, ","))
		}
		require.Equal(t, tc.want, strings.Join(got, " "), tc.question)
	}
	require.Empty(t, (&Set{}).Find("help", "garbage"))
}

func TestAWordThatMeansNothingElseIsNotFound(t *testing.T) {
	s := open(t, "abbreviations:\n  IT: information technology\n")
	require.Empty(t, s.Find("help", "Who runs information technology?"), "“IT” is searched for nowhere")
	require.Equal(t, []string{"information technology"}, s.Find("help", "Who runs IT?")[0].Texts)
}

func TestOfAWordWithAHyphenTheWholeComesFirst(t *testing.T) {
	s := open(t, "groups:\n  - [log, journal]\n  - [login, sign in]\n  - [letter, mail]\n  - [email, message]\n  - [chamber, room]")
	for question, want := range map[string][]string{
		"How do I log-in?":       {"sign in"},
		"log in":                 {"journal"},
		"an e-mail":              {"message"},
		"a mail-out":             {"letter"},
		"an open-chambr setup":   {"room"},
		"log-in and letter-head": {"sign in", "mail"},
	} {
		var got []string
		for _, f := range s.Find("help", question) {
			got = append(got, f.Texts...)
		}
		require.Equal(t, want, got, question)
	}
	s = open(t, "groups:\n  - [signin, entry]\n  - [signon, access]")
	require.Equal(t, []kb.Synonym{{Span: kb.Span{End: 7}, Texts: []string{"entry"}}}, s.Find("help", "sign-in"), "no mistake where it is right")
}

func TestWhatIsFoundIsTheCallers(t *testing.T) {
	s := open(t, sample)
	s.Find("help", "garbage")[0].Texts[0] = "changed"
	require.Equal(t, []string{"trash", "rubbish"}, s.Find("help", "garbage")[0].Texts)
}

func TestMistakesAreSaid(t *testing.T) {
	long := strings.Repeat("x", 90)
	for data, want := range map[string]string{
		"":                                               "",
		"groups:\n":                                      "",
		"# nothing yet\n":                                "",
		"groups:\n  - [a1, b1]\n  - [b1, c1]":            "3: “b1” stands in line 2 already: put what means the same into one entry",
		"groups:\n  - [bin, Sign-in, sign in]":           "2: “sign in” is there twice; capitals and hyphens make no difference",
		"groups:\n  - [bin]":                             "2: “bin” is alone in its group: name what means the same",
		"groups:\n  - []":                                "2: a group is empty: name words that mean the same, or take it out",
		"groups:\n  - [bin, the]":                        "2: “the” says nothing by itself, as “the” does: it is in too many questions",
		"groups:\n  - [bin, '']":                         "2: a word is empty",
		"groups:\n  - [bin, '?']":                        "2: “?” has no letter and no number in it",
		"groups:\n  - [bin, ]":                           "2: “bin” is alone in its group: name what means the same",
		"groups:\n  - bin, trash":                        "2: a group must be a list in brackets, such as: - [garbage, trash]",
		"groups: bin":                                    "1: groups must be a list of lists, such as: - [garbage, trash]",
		"groups:\n  - [bin, " + long + "]":               "2: “" + long[:80] + "” is too long: 6 words and 80 characters are the most",
		"rules:\n  money: money":                         "2: “money” is there twice; capitals and hyphens make no difference",
		"rules:\n  money back:":                          "2: money back: a word is missing",
		"rules:\n  till: {a: b}":                         "2: till must be a word, a phrase, or a list of them in brackets",
		"rules:\n  till: one\n  till: two":               "3: till is there twice: put all that it means into one list",
		"rules: [till]":                                  "1: rules must be lines of “name: value”",
		"groups:\n  - [till, bin]\nrules:\n  bin: trash": "4: “bin” stands in line 2 already: put what means the same into one entry",
		"rules:\n  bin: trash\nknowledge_bases:\n  help:\n    groups:\n    - [bin, box]": "6: “bin” stands in line 2 already: put what means the same into one entry",
		"group:\n  - [bin, trash]":                         "1: group is unknown (did you mean groups?): use groups, rules, abbreviations, knowledge_bases",
		"knowledge_bases:\n  help:\n    rule:\n      a: b": "3: rule is unknown (did you mean rules?): use groups, rules, abbreviations",
		"a: b: c":                               "1: not readable as YAML: mapping value is not allowed in this context. Put text with a colon or a # in it in quotes, and check how far the lines are indented",
		"\xff":                                  "0: is no text in UTF-8: save it as such",
		strings.Repeat("#", mostBytes+1):        "0: is larger than 256 KiB",
		"rules:\n  it: them\n":                  "2: “it” says nothing by itself, as “the” does: it is in too many questions; 2: “them” says nothing by itself, as “the” does: it is in too many questions",
		"groups:\n  - [a1, b1]\n---\nrules: {}": "4: a second document behind --- is not read: put everything into one",
	} {
		_, problems := read([]byte(data))
		var got []string
		for _, p := range problems {
			got = append(got, strings.Join([]string{itoa(p.Line), p.Reason}, ": "))
		}
		require.Equal(t, want, strings.Join(got, "; "), "%.60q", data)
	}
}

func itoa(n int) string { return string(rune('0' + n)) }

func TestLimits(t *testing.T) {
	var many strings.Builder
	many.WriteString("rules:\n")
	for i := range mostItems/2 + 1 {
		many.WriteString("  " + strings.Repeat("ab", 1+i%9) + "x" + strings.Repeat("y", i/9%70) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + ": refund\n")
	}
	_, problems := read([]byte(many.String()))
	require.Contains(t, problems, Problem{0, "has 5002 words and phrases: 5000 are the most"})
	_, problems = read([]byte("groups:\n  - [" + strings.Join(strings.Split("abcdefghijklmnopqrstuvwxyz", "")[1:24], "1, ") + "1]"))
	require.Equal(t, []Problem{{2, "23 words mean the same: 20 are the most"}}, problems)
}

func TestAFileIsReadAgainWhenItChanges(t *testing.T) {
	dir, now := t.TempDir(), time.Unix(1_800_000_000, 0)
	path := filepath.Join(dir, File)
	write := func(data string) {
		require.NoError(t, os.WriteFile(path, []byte(data), 0o600))
		now = now.Add(time.Minute)
		require.NoError(t, os.Chtimes(path, now, now))
	}
	l := Open(dir, Options{Now: func() time.Time { return now }})
	texts := func() []string {
		if found := l.Find("help", "garbage"); len(found) > 0 {
			return found[0].Texts
		}
		return nil
	}
	require.Nil(t, texts(), "there is no file")
	write("groups:\n  - [garbage, trash]\n")
	require.Equal(t, []string{"trash"}, texts())
	write("groups:\n  - [garbage, bin]\n")
	require.Equal(t, []string{"bin"}, texts())
	write("groups: [garbage\n")
	require.Equal(t, []string{"bin"}, texts(), "a bad file keeps the last good one")
	_, problems := Check(path)
	require.NotEmpty(t, problems)
	require.NoError(t, os.Remove(path))
	now = now.Add(time.Minute)
	require.Nil(t, texts())
	_, problems = Check(path)
	require.NotEmpty(t, problems)
}

func TestAFileThatCannotBeLookedAtIsSaidOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	var said strings.Builder
	now := time.Unix(1_800_000_000, 0)
	l := Open(file, Options{Log: slog.New(slog.NewTextHandler(&said, nil)), Now: func() time.Time { return now }})
	for range 3 {
		now = now.Add(time.Minute)
		require.Empty(t, l.Find("help", "garbage"))
	}
	require.Equal(t, 1, strings.Count(said.String(), "WARN"), said.String())
	require.NoError(t, os.Remove(file))
	require.NoError(t, os.Mkdir(file, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(file, File), []byte("groups: [[garbage, trash]]"), 0o600))
	now = now.Add(time.Minute)
	require.Len(t, l.Find("help", "garbage"), 1)
}

func TestCheckNamesWhatDocumentsShouldHave(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	require.NoError(t, os.WriteFile(path, []byte(sample), 0o600))
	list, problems := Check(path)
	require.Empty(t, problems)
	require.Contains(t, list, Text{"", 3, []string{"garbage", "trash", "rubbish"}})
	require.Contains(t, list, Text{"", 6, []string{"refund"}})
	require.Contains(t, list, Text{"billing", 16, []string{"cash register"}})
}

func FuzzRead(f *testing.F) {
	f.Add(sample, "the grabage and my money back")
	f.Add("groups: [[a, b], {c: d}]\nrules: {a: [b, [c]]}", "a ä -b")
	f.Add("- &a [x]\n- *a", "")
	f.Add("abbreviations: {IT: information technology}", "information technology")
	f.Fuzz(func(t *testing.T, data, question string) {
		sections, problems := read([]byte(data))
		if len(problems) > 0 {
			return
		}
		last := kb.Span{}
		for _, s := range compile(sections).Find("billing", question) {
			require.GreaterOrEqual(t, s.Span.Start, last.End)
			require.Less(t, s.Span.Start, s.Span.End)
			require.LessOrEqual(t, s.Span.End, len(question))
			require.NotEmpty(t, s.Texts)
			last = s.Span
		}
	})
}

// What no person writes is refused before it is parsed: some of it takes the parser
// minutes, or all memory.
func TestHostileFilesAreRefusedAtOnce(t *testing.T) {
	for name, file := range map[string]string{
		"brackets":   "groups: " + strings.Repeat("[", 500) + strings.Repeat("]", 500),
		"over lines": "groups:\n" + strings.Repeat("[\n", 500),
		"dashes":     strings.Repeat("- ", 900),
		"stars":      strings.Repeat("*", 10_000),
		"one line":   "groups: [" + strings.Repeat("word, ", 1000) + "word]",
	} {
		_, problems := read([]byte(file))
		require.Len(t, problems, 1, name)
		require.Contains(t, problems[0].Reason, "one entry a line", name)
	}
	_, problems := read([]byte("\uFEFFgroups:\n  - [garbage, trash]\n"))
	require.Empty(t, problems, "some editors begin a file with a mark")
}
