package files

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"text/template"
)

// Template is a prompt file, compiled and checked.
type Template struct {
	Head     FrontMatter
	Roles    []Role
	Partials []string // names of those it uses, sorted
}

// Role is the body of one role; its value is a map with every declared input
// and those that are always filled in.
type Role struct {
	Name string
	Body *template.Template
}

// Compile takes a prompt file apart and checks that its inputs fit the styles
// there are, and that its bodies use each of them and nothing else.
func Compile(f File, partials map[string]File, styles Names) (*Template, error) {
	head, sections, err := splitPrompt(f)
	if err != nil {
		return nil, err
	}
	if err := checkHead(f, head, styles); err != nil {
		return nil, err
	}
	t := &Template{Head: head}
	reached, err := t.addRoles(f, sections, partials)
	for _, name := range slices.Sorted(maps.Keys(reached)) {
		if _, ok := partials[name]; ok {
			t.Partials = append(t.Partials, name)
		}
	}
	return t, err
}

// addRoles compiles the bodies and checks that they use every input and no other
// value. It returns the names of the templates they reach.
func (t *Template) addRoles(f File, sections []section, partials map[string]File) (reached map[string]bool, err error) {
	used, reached := map[string]bool{}, map[string]bool{}
	for _, s := range sections {
		tmpl, err := parseRole(f, s, partials)
		if err != nil {
			return nil, err
		}
		l := linter{tmpl: tmpl, inputs: t.Head.Inputs, used: used, parts: reached}
		if err := l.template(f.Name, rootShape, nil); err != nil {
			return nil, Located(err, f, partials)
		}
		t.Roles = append(t.Roles, Role{s.role, tmpl})
	}
	for _, input := range slices.Sorted(maps.Keys(t.Head.Inputs)) {
		if !used[input] {
			return nil, f.Problem(f.LineOf(input+":"), "input %s is declared but no role uses it", input)
		}
	}
	return reached, nil
}

func checkHead(f File, head FrontMatter, styles Names) error {
	o := head.Output
	switch {
	case strings.TrimSpace(head.Description) == "":
		return f.Problem(1, "needs a description")
	case o.Temperature != nil && (*o.Temperature < 0 || *o.Temperature > 2):
		return f.Problem(f.LineOf("temperature:"), "temperature must be from 0 to 2")
	case o.MaxTokens < 0:
		return f.Problem(f.LineOf("max_tokens:"), "max_tokens must not be negative")
	case head.History < 0 || head.History > 50:
		return f.Problem(f.LineOf("history:"), "history must be from 0 to 50 turns")
	}
	return checkInputs(f, head.Inputs, styles)
}

// parseRole parses a role's body so that every line keeps its number in the
// file: a comment of the lines above is put before it and trimmed away.
func parseRole(f File, s section, partials map[string]File) (*template.Template, error) {
	above := "{{/*" + strings.Repeat("\n", s.line-2) + "*/ -}}\n"
	tmpl, err := template.New(f.Name).Option("missingkey=error").Parse(above + s.body)
	if err != nil {
		return nil, Located(err, f, partials)
	}
	for _, name := range slices.Sorted(maps.Keys(partials)) {
		if _, err := tmpl.New(name).Parse(strings.TrimSpace(string(partials[name].Data))); err != nil {
			return nil, Located(err, f, partials)
		}
	}
	return tmpl, nil
}

// Located turns an error of text/template into a Problem of the right file.
func Located(err error, f File, partials map[string]File) error {
	var lint *lintError
	name, line, reason := f.Name, 0, err.Error()
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
		name = p.Name
	}
	return &Problem{File: name, Line: line, Reason: reason}
}
