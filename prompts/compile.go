package prompts

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/askdesk/askdesk/kb"
)

// prompt is a prompt file, compiled with all it needs; it never changes.
type prompt struct {
	name     string
	sources  []file // the prompt, its partials, its examples
	head     frontMatter
	roles    []role
	examples []example
	hash     []byte
}

type role struct {
	name string
	tmpl *template.Template
}

// example is one few-shot example of an examples file.
type example struct {
	Question string `yaml:"question"`
	Passages []struct {
		Title string `yaml:"title"`
		Text  string `yaml:"text"`
	} `yaml:"passages"`
	Answer string `yaml:"answer"`
}

func (e example) passages() []kb.Passage {
	out := make([]kb.Passage, len(e.Passages))
	for i, p := range e.Passages {
		out[i] = kb.Passage{Document: kb.Document{Title: p.Title}, Text: p.Text}
	}
	return out
}

// parts are the files that prompts are compiled from, by name.
type parts struct {
	prompts, partials, examples map[string]file
}

// compile checks one prompt against the partials, examples and styles it uses.
func compile(name string, from parts, styles map[string]map[string]*styleFile) (*prompt, error) {
	f := from.prompts[name]
	head, sections, err := splitPrompt(f)
	if err != nil {
		return nil, err
	}
	if err := checkHead(f, head, styles); err != nil {
		return nil, err
	}
	p := &prompt{name: name, sources: []file{f}, head: head}
	partials, err := p.addRoles(f, sections, from.partials)
	if err != nil {
		return nil, err
	}
	for _, partial := range slices.Sorted(maps.Keys(partials)) {
		if pf, ok := from.partials[partial]; ok {
			p.sources = append(p.sources, pf)
		}
	}
	if head.Examples != "" {
		ef, ok := from.examples[head.Examples]
		if !ok {
			return nil, f.problem(f.lineOf("examples:"), "there is no file %s%s", head.Examples, examplesExt)
		}
		if p.examples, err = parseExamples(ef); err != nil {
			return nil, err
		}
		p.sources = append(p.sources, ef)
	}
	h := sha256.New()
	for _, source := range p.sources {
		fmt.Fprintf(h, "%s %d\n%s", source.name, len(source.data), source.data)
	}
	p.hash = h.Sum(nil)
	return p, p.tryOut(f, from.partials, styles)
}

// addRoles compiles the bodies and checks that they use every input and no other
// value. It returns the names of the templates they reach.
func (p *prompt) addRoles(f file, sections []section, files map[string]file) (reached map[string]bool, err error) {
	used, reached := map[string]bool{}, map[string]bool{}
	for _, s := range sections {
		tmpl, err := parseRole(f, s, files)
		if err != nil {
			return nil, err
		}
		l := linter{tmpl: tmpl, inputs: p.head.Inputs, used: used, parts: reached}
		if err := l.template(f.name, rootShape, nil); err != nil {
			return nil, located(err, f, files)
		}
		p.roles = append(p.roles, role{s.role, tmpl})
	}
	for _, input := range slices.Sorted(maps.Keys(p.head.Inputs)) {
		if !used[input] {
			return nil, f.problem(f.lineOf(input+":"), "input %s is declared but no role uses it", input)
		}
	}
	return reached, nil
}

func checkHead(f file, head frontMatter, styles map[string]map[string]*styleFile) error {
	o := head.Output
	switch {
	case strings.TrimSpace(head.Description) == "":
		return f.problem(1, "needs a description")
	case o.Temperature != nil && (*o.Temperature < 0 || *o.Temperature > 2):
		return f.problem(f.lineOf("temperature:"), "temperature must be from 0 to 2")
	case o.MaxTokens < 0:
		return f.problem(f.lineOf("max_tokens:"), "max_tokens must not be negative")
	case head.History < 0 || head.History > 50:
		return f.problem(f.lineOf("history:"), "history must be from 0 to 50 turns")
	}
	return checkInputs(f, head.Inputs, styles)
}

func parseExamples(f file) ([]example, error) {
	var list []example
	if err := strictYAML(f, f.data, 0, &list); err != nil {
		return nil, err
	}
	for i, e := range list {
		if e.Question == "" || e.Answer == "" || len(e.Passages) == 0 {
			return nil, f.problem(1, "example %d needs question, passages and answer", i+1)
		}
	}
	return list, nil
}

// parseRole parses a role's body so that every line keeps its number in the
// file: a comment of the lines above is put before it and trimmed away.
func parseRole(f file, s section, partials map[string]file) (*template.Template, error) {
	above := "{{/*" + strings.Repeat("\n", s.line-2) + "*/ -}}\n"
	tmpl, err := template.New(f.name).Option("missingkey=error").Parse(above + s.body)
	if err != nil {
		return nil, located(err, f, partials)
	}
	for _, name := range slices.Sorted(maps.Keys(partials)) {
		if _, err := tmpl.New(name).Parse(strings.TrimSpace(string(partials[name].data))); err != nil {
			return nil, located(err, f, partials)
		}
	}
	return tmpl, nil
}

// located turns an error of text/template into a Problem of the right file.
func located(err error, f file, partials map[string]file) error {
	var lint *lintError
	name, line, reason := f.name, 0, err.Error()
	if errors.As(err, &lint) {
		name, line, reason = lint.file, lint.line, lint.reason
	} else {
		if _, after, ok := strings.Cut(reason, "template: "); ok {
			reason = after
		}
		if m := location.FindStringSubmatch(reason); m != nil {
			name, line = splitLocation(reason)
			reason = strings.TrimLeft(strings.TrimPrefix(reason, m[0]), ":0123456789 ")
		}
	}
	if p, ok := partials[name]; ok {
		name = p.name
	}
	return &Problem{File: name, Line: line, Reason: reason}
}

// tryOut renders the prompt with sample values: what only shows when a template
// runs (a wrong comparison, say) is an error at load as well.
func (p *prompt) tryOut(f file, partials map[string]file, styles map[string]map[string]*styleFile) error {
	set := &Set{prompts: map[string]*prompt{p.name: p}, styles: styles}
	voice, err := set.Voice(p.name, Style{})
	if err != nil {
		return f.problem(1, "%s", err)
	}
	sample := Input{Question: "?", Passages: []kb.Passage{{Text: "."}}, Voice: voice}
	for _, in := range []Input{sample, {Question: "?", Voice: voice}} {
		if _, err := set.Render(p.name, in); err != nil {
			return located(err, f, partials)
		}
	}
	return nil
}

func (p *prompt) styleDefault(input string) string { return fmt.Sprint(p.head.Inputs[input].Default) }

// allowed are the names a style input may take.
func (p *prompt) allowed(input string, declared []string) []string {
	if enum := p.head.Inputs[input].Enum; enum != nil {
		return enum
	}
	return declared
}
