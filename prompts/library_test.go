package prompts_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// folder is a data folder with the built-in files, to be edited.
type folder struct {
	t   *testing.T
	dir string
	now time.Time
	mu  sync.Mutex
}

func newFolder(t *testing.T) *folder {
	f := &folder{t: t, dir: t.TempDir(), now: time.Unix(1_800_000_000, 0)}
	_, err := prompts.Init(f.dir)
	require.NoError(t, err)
	return f
}

func (f *folder) read(name string) string {
	data, err := os.ReadFile(filepath.Join(f.dir, name))
	require.NoError(f.t, err)
	return string(data)
}

func (f *folder) write(name, text string) {
	require.NoError(f.t, os.MkdirAll(filepath.Dir(filepath.Join(f.dir, name)), 0o755))
	require.NoError(f.t, os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o644))
}

func (f *folder) replace(name, before, after string) {
	text := f.read(name)
	require.Contains(f.t, text, before)
	f.write(name, strings.Replace(text, before, after, 1))
}

func (f *folder) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(2 * time.Second)
	return f.now
}

func TestInit(t *testing.T) {
	f := newFolder(t)
	require.Empty(t, prompts.Check(f.dir))
	f.write("styles/tones/friendly.yaml", "mine")
	written, err := prompts.Init(f.dir)
	require.NoError(t, err)
	require.Empty(t, written)
	require.Equal(t, "mine", f.read("styles/tones/friendly.yaml"))
}

func TestMistakesAreNamed(t *testing.T) {
	const support, partial, tone = "prompts/support.prompt", "prompts/grounding.partial", "styles/tones/friendly.yaml"
	for name, c := range map[string]struct {
		file, before, after string
		want                string // FILE:LINE: part of the reason
	}{
		"undefined input":    {support, "{{.question}}", "{{.questoin}}", support + ":37: input questoin is not declared (did you mean question?)"},
		"undefined in else":  {support, "(none found)", "{{.nothing}}", support + ":33: input nothing is not declared"},
		"unused input":       {support, "- {{.tone.Instruction}}\n", "", support + ":7: input tone is declared but no role uses it"},
		"misspelt input":     {support, "  question: {type: string}", "  questoin: {type: string}", support + ":4: input questoin is filled in by nobody (did you mean question?)"},
		"mistyped input":     {support, "question: {type: string}", "question: {type: integer}", support + ":4: input question has type \"integer\", must be string"},
		"unknown type":       {support, "  question:", "  company: {type: text, default: x}\n  question:", support + ":4: input company has type \"text\""},
		"wrong default":      {support, "  question:", "  company: {type: integer, default: x}\n  question:", support + ":4: input company: default x is not of type integer"},
		"default off enum":   {support, "{type: style, default: friendly}", "{type: style, default: friendly, enum: [formal]}", support + ":7: input tone: default friendly is not in its enum"},
		"no such style":      {support, "default: friendly", "default: frendly", support + ":7: input tone: there is no tone \"frendly\" (did you mean friendly?)"},
		"missing input":      {support, "  tone: {type: style, default: friendly}\n", "", support + ":1: input tone is missing"},
		"unknown field":      {support, "{{.tone.Instruction}}", "{{.tone.Instructions}}", support + ":23: a style has no field Instructions"},
		"field of passage":   {support, "{{.Text}}", "{{.Content}}", support + ":31: a passage has no field Content"},
		"dollar":             {support, "{{.Text}}", "{{.Text}}{{$.quesiton}}", support + ":31: input quesiton is not declared"},
		"unknown key":        {support, "history: 6", "histroy: 6", support + ":14: unknown field"},
		"broken yaml":        {support, "history: 6", "history: [6", support + ":1"},
		"wrong type of key":  {support, "history: 6", "history: six", support + ":14: "},
		"hot":                {support, "temperature: 0.1", "temperature: 3", support + ":12: temperature must be"},
		"no front matter":    {support, "---\n", "", support + ":1: must start with a line ---"},
		"open front matter":  {support, "---\n=== system", "=== system", support + ":1: the front matter is not closed"},
		"unknown role":       {support, "=== system", "=== assistant", support + ":17: unknown role \"assistant\""},
		"doubled role":       {support, "How to write:", "=== system", support + ":22: role system is there twice"},
		"text before a role": {support, "=== system", "Hello\n=== system", support + ":17: text before the first role"},
		"broken template":    {support, "{{.question}}", "{{.question}", support + ":37: "},
		"no such partial":    {support, `{{template "grounding" .}}`, `{{template "ground" .}}`, support + ":20: there is no partial \"ground\""},
		"partial without .":  {support, `{{template "grounding" .}}`, `{{template "grounding"}}`, partial + ":5: no_answer: nothing was passed"},
		"in a partial":       {partial, "{{.no_answer}}", "{{.no_anser}}", partial + ":5: input no_anser is not declared"},
		"no such examples":   {support, "examples: support", "examples: nowhere", support + ":15: there is no file nowhere.examples.yaml"},
		"empty example":      {"prompts/support.examples.yaml", "- question: My export never arrives. What can I do?", "- question: ''", "prompts/support.examples.yaml:1: example 1 needs"},
		"fails when run":     {support, "{{.question}}", "{{.question}}{{if gt .question 3}}x{{end}}", support + ":37: "},
		"tone without en":    {tone, "  en:", "  fr:", tone + ":1: phrases: needs at least en"},
		"phrase missing":     {tone, "    no_answer: Das", "    opening2: Das", tone + ":"},
		"style key":          {tone, "instruction:", "instructions:", tone + ":2: unknown field"},
		"layout":             {"styles/formats/chat.yaml", "items: paragraph", "items: poem", "styles/formats/chat.yaml:"},
		"words":              {"styles/lengths/short.yaml", "max: 60", "max: 0", "styles/lengths/short.yaml:3: words"},
		"words in words":     {"styles/lengths/short.yaml", "max: 60", "max: sixty", "styles/lengths/short.yaml:3: max must be a whole number, not \"sixty\""},
		"words as a number":  {"styles/lengths/short.yaml", "{min: 1, max: 60}", "60", "styles/lengths/short.yaml:3: words must be a block of fields, not \"60\""},
		"nearest field":      {"styles/lengths/short.yaml", "min: 1", "mim: 1", "styles/lengths/short.yaml:3: unknown field \"mim\" (did you mean min?)"},
		"yes for true":       {"styles/formats/email.yaml", "greeting: true", "greeting: always", "greeting must be true or false, not \"always\""},
		"doubled key":        {tone, "instruction:", "description: Twice\ninstruction:", tone + ":2: description is there twice"},
		"colon in text":      {tone, "greeting: Hi there,", "greeting: Hi: there", tone + ":5: not readable as YAML: put text with a colon in it in quotes"},
		"words of a tone":    {tone, "instruction:", "words: {min: 1, max: 2}\ninstruction:", tone + ":1: phrases belong to tones"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			f.replace(c.file, c.before, c.after)
			problems := prompts.Check(f.dir)
			require.Len(t, problems, 1)
			require.Contains(t, problems[0].Error(), c.want)
			require.NotContains(t, problems[0].Error(), f.dir)
		})
	}
}

func TestStrayFiles(t *testing.T) {
	f := newFolder(t)
	f.write("prompts/notes.txt", "x")
	f.write("prompts/README.md", "ignored")
	f.write("prompts/.support.prompt.swp", "ignored")
	f.write("prompts/My Prompt.prompt", "x")
	f.write("styles/tone/warm.yaml", "x")
	f.write("styles/tones/huge.yaml", strings.Repeat("#", 300<<10))
	problems := prompts.Check(f.dir)
	require.Len(t, problems, 4)
	require.Contains(t, problems[0].Error()+problems[1].Error(), "notes.txt: is read by nobody")
	require.Contains(t, problems[0].Error()+problems[1].Error(), "My Prompt.prompt: cannot be named so")
	require.Contains(t, problems[2].Error(), "huge.yaml: is larger than 256 KiB")
	require.Contains(t, problems[3].Error(), "styles/tone: is read by nobody (did you mean tones?)")
}

func TestReload(t *testing.T) {
	f := newFolder(t)
	const file = "styles/tones/friendly.yaml"
	l, err := prompts.Open(f.dir, prompts.Options{Now: f.clock})
	require.NoError(t, err)
	greeting := func() string {
		v, err := l.Current().Voice("support", prompts.Style{Language: "en"})
		require.NoError(t, err)
		return v.Phrases.Greeting
	}
	require.Equal(t, "Hi there,", greeting())
	before := l.Current()

	f.replace(file, "Hi there,", "Howdy partner,")
	require.Equal(t, "Howdy partner,", greeting())
	v, err := before.Voice("support", prompts.Style{Language: "en"})
	require.NoError(t, err)
	require.Equal(t, "Hi there,", v.Phrases.Greeting, "a set never changes")

	f.replace(file, "phrases:", "phrases: [")
	require.Equal(t, "Howdy partner,", greeting(), "the last good one stays")
	require.Len(t, l.Problems(), 1)
	require.Equal(t, file, l.Problems()[0].File)
	require.Positive(t, l.Problems()[0].Line)

	require.NoError(t, os.Remove(filepath.Join(f.dir, file)))
	require.Equal(t, "Hi there,", greeting(), "the built-in one is back")
	require.Empty(t, l.Problems())

	f.replace("prompts/grounding.partial", "{{.no_answer}}", "{{.no_anser}}")
	require.Len(t, l.Problems(), 1)
	_, err = l.Current().Voice("support", prompts.Style{})
	require.NoError(t, err)
}

func TestBadFileAtTheStart(t *testing.T) {
	f := newFolder(t)
	f.write("prompts/support.prompt", "no front matter")
	f.write("prompts/sales.prompt", "no front matter")
	f.write("styles/tones/formal.yaml", "{")
	l, err := prompts.Open(f.dir, prompts.Options{})
	require.NoError(t, err)
	require.Len(t, l.Problems(), 3)
	require.Equal(t, []string{"support"}, l.Current().Names())
	_, err = l.Current().Voice("support", prompts.Style{Tone: "formal"})
	require.NoError(t, err)
}

func TestAToneWithAMistakeIsNotUnknown(t *testing.T) {
	f := newFolder(t)
	const pirate = "styles/tones/pirate.yaml"
	f.write(pirate, "description: Arr.\ninstruction: Talk like a pirate.\nphrases: none\n")
	l, err := prompts.Open(f.dir, prompts.Options{Now: f.clock})
	require.NoError(t, err)
	_, err = l.Current().Voice("support", prompts.Style{Tone: "pirate"})
	require.Equal(t, kb.Invalid, kb.CodeOf(err))
	require.Contains(t, kb.MessageOf(err), pirate+":3: phrases must be a block of fields")

	f.replace(pirate, "phrases: none", "phrases:\n  en: {greeting: Ahoy, no_answer: Nothing in the hold., clarify: Speak up.}")
	v, err := l.Current().Voice("support", prompts.Style{Tone: "pirate"})
	require.NoError(t, err)
	require.Equal(t, "Ahoy", v.Phrases.Greeting)
}

func TestOwnStyleAndPrompt(t *testing.T) {
	f := newFolder(t)
	f.write("styles/tones/pirate.yaml", "description: Arr.\ninstruction: Talk like a pirate.\nphrases:\n  en: {greeting: Ahoy, no_answer: Nothing in the hold., clarify: Speak up.}\n")
	f.write("prompts/sales.prompt", strings.Replace(f.read("prompts/support.prompt"), "  question:", "  company: {type: string, default: Acme}\n  question:", 1)+"\nFor {{.company}}.\n")
	l, err := prompts.Open(f.dir, prompts.Options{})
	require.NoError(t, err)
	require.Empty(t, l.Problems())
	s := l.Current()
	require.Equal(t, []string{"sales", "support"}, s.Names())
	v, err := s.Voice("sales", prompts.Style{Tone: "pirate", Language: "de"})
	require.NoError(t, err)
	require.Equal(t, "Ahoy", v.Phrases.Greeting)
	out, err := s.Render("sales", prompts.Input{Question: "q", Voice: v})
	require.NoError(t, err)
	require.Contains(t, out.Messages[0].Content, "Talk like a pirate.")
	require.True(t, strings.HasSuffix(out.Messages[len(out.Messages)-1].Content, "For Acme."))
	shown, err := s.Show("sales")
	require.NoError(t, err)
	require.Contains(t, shown, "# prompts/sales.prompt\n---\n")
	require.Contains(t, shown, "# prompts/grounding.partial\n")
}

func TestReloadWhileInUse(t *testing.T) {
	f := newFolder(t)
	l, err := prompts.Open(f.dir, prompts.Options{Now: f.clock})
	require.NoError(t, err)
	text := f.read("styles/tones/friendly.yaml")
	stop := make(chan struct{})
	var users sync.WaitGroup
	for range 3 {
		users.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				s := l.Current()
				if v, err := s.Voice("support", prompts.Style{}); err == nil {
					_, _ = s.Render("support", prompts.Input{Question: "q", Voice: v})
				}
			}
		})
	}
	for i := range 20 {
		f.write("styles/tones/friendly.yaml", text+strings.Repeat("#", i))
		l.Current()
	}
	close(stop)
	users.Wait()
	v, err := l.Current().Voice("support", prompts.Style{})
	require.NoError(t, err)
	require.Equal(t, "Hi there,", v.Phrases.Greeting)
}
