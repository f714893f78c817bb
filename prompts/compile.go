package prompts

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts/files"
)

// prompt is a prompt file, compiled with all it needs; it never changes.
type prompt struct {
	name    string
	sources []files.File // the prompt, its partials, its examples
	*files.Template
	examples []example
	hash     []byte
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

// compile checks one prompt against the partials, examples and styles it uses.
func compile(name string, from files.Parts, styles map[string]map[string]*styleFile) (*prompt, error) {
	f := from.Prompts[name]
	t, err := files.Compile(f, from.Partials, namesOf(styles))
	if err != nil {
		return nil, err
	}
	p := &prompt{name: name, sources: []files.File{f}, Template: t}
	for _, partial := range t.Partials {
		p.sources = append(p.sources, from.Partials[partial])
	}
	if examples := t.Head.Examples; examples != "" {
		ef, ok := from.Examples[examples]
		if !ok {
			return nil, f.Problem(f.LineOf("examples:"), "there is no file %s%s", examples, files.ExamplesExt)
		}
		if p.examples, err = parseExamples(ef); err != nil {
			return nil, err
		}
		p.sources = append(p.sources, ef)
	}
	h := sha256.New()
	for _, source := range p.sources {
		fmt.Fprintf(h, "%s %d\n%s", source.Name, len(source.Data), source.Data)
	}
	p.hash = h.Sum(nil)
	return p, p.tryOut(f, from.Partials, styles)
}

func namesOf(styles map[string]map[string]*styleFile) files.Names {
	names := files.Names{}
	for kind, list := range styles {
		names[kind] = slices.Sorted(maps.Keys(list))
	}
	return names
}

func parseExamples(f files.File) ([]example, error) {
	var list []example
	if err := files.YAML(f, f.Data, 0, &list); err != nil {
		return nil, err
	}
	for i, e := range list {
		if e.Question == "" || e.Answer == "" || len(e.Passages) == 0 {
			return nil, f.Problem(1, "example %d needs question, passages and answer", i+1)
		}
	}
	return list, nil
}

// tryOut renders the prompt with sample values: what only shows when a template
// runs (a wrong comparison, say) is an error at load as well.
func (p *prompt) tryOut(f files.File, partials map[string]files.File, styles map[string]map[string]*styleFile) error {
	set := &Set{prompts: map[string]*prompt{p.name: p}, styles: styles}
	voice, err := set.Voice(p.name, Style{})
	if err != nil {
		return f.Problem(1, "%s", err)
	}
	sample := Input{Question: "?", Passages: []kb.Passage{{Text: "."}}, Voice: voice}
	for _, in := range []Input{sample, {Question: "?", Voice: voice}} {
		if _, err := set.Render(p.name, in); err != nil {
			return files.Located(err, f, partials)
		}
	}
	return nil
}

func (p *prompt) styleDefault(input string) string { return fmt.Sprint(p.Head.Inputs[input].Default) }

// allowed are the names a style input may take.
func (p *prompt) allowed(input string, declared []string) []string {
	if enum := p.Head.Inputs[input].Enum; enum != nil {
		return enum
	}
	return declared
}
