// Package files reads prompt, style and example files: it finds them in a
// folder, takes prompt files apart, compiles their templates and checks them
// against the inputs they declare, so that every mistake has a file and a line.
package files

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// File is one file as it was read.
type File struct {
	Name string // relative, for people
	Data []byte
}

// Problem is what is wrong with a file.
type Problem struct {
	File   string // as a person would name it, relative to the folder given
	Line   int    // from 1; 0 where no line is to blame
	Reason string
}

// Error makes a Problem an error.
func (p *Problem) Error() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason)
	}
	return p.File + ": " + p.Reason
}

// Problem says what is wrong on a line of f.
func (f File) Problem(line int, format string, args ...any) *Problem {
	return &Problem{File: f.Name, Line: line, Reason: fmt.Sprintf(format, args...)}
}

// LineOf is the line on which text first stands as its own word, or 1.
func (f File) LineOf(text string) int {
	for i, line := range strings.Split(string(f.Data), "\n") {
		if strings.HasPrefix(strings.TrimLeft(line, " -{"), text) {
			return i + 1
		}
	}
	return 1
}

// YAML reads data, which starts offset lines into f, and refuses unknown
// and doubled keys.
func YAML(f File, data []byte, offset int, into any) error {
	err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(into)
	if err == nil {
		return nil
	}
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return f.Problem(at.GetToken().Position.Line+offset, "%s", mistake(at, fieldsOf(reflect.TypeOf(into))))
	}
	reason, _, _ := strings.Cut(err.Error(), "\n")
	return f.Problem(offset+1, "not readable as YAML: %s", reason)
}

// FrontMatter is the head of a prompt file.
type FrontMatter struct {
	Description string               `yaml:"description"`
	Inputs      map[string]InputSpec `yaml:"inputs"`
	Output      OutputSpec           `yaml:"output"`
	History     int                  `yaml:"history"`  // turns of the conversation put before the question
	Examples    string               `yaml:"examples"` // NAME of NAME.examples.yaml
}

// InputSpec declares an input.
type InputSpec struct {
	Type    string   `yaml:"type"`
	Enum    []string `yaml:"enum"`
	Default any      `yaml:"default"`
}

// OutputSpec holds parameters for the model.
type OutputSpec struct {
	Temperature *float64 `yaml:"temperature"`
	MaxTokens   int      `yaml:"max_tokens"`
}

// The roles that a prompt file may have.
const (
	system = "system"
	user   = "user"
)

// section is one role's body.
type section struct {
	role string
	line int // of its first line in the file
	body string
}

var (
	roleLine  = regexp.MustCompile(`^===\s*(.*?)\s*=*$`)
	validName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
)

// splitPrompt takes a prompt file apart: head, and one body a role.
func splitPrompt(f File) (FrontMatter, []section, error) {
	var head FrontMatter
	lines := strings.Split(strings.ReplaceAll(string(f.Data), "\r\n", "\n"), "\n")
	if lines[0] != "---" {
		return head, nil, f.Problem(1, "must start with a line ---, its front matter and another line ---")
	}
	end := slices.Index(lines[1:], "---") + 1
	if end == 0 {
		return head, nil, f.Problem(1, "the front matter is not closed by a line ---")
	}
	if err := YAML(f, []byte(strings.Join(lines[1:end], "\n")), 1, &head); err != nil {
		return head, nil, err
	}
	var sections []section
	for i, line := range lines[end+1:] {
		n := end + 2 + i
		if m := roleLine.FindStringSubmatch(line); m != nil {
			if m[1] != system && m[1] != user {
				return head, nil, f.Problem(n, "unknown role %q: use system or user", m[1])
			}
			if slices.ContainsFunc(sections, func(s section) bool { return s.role == m[1] }) {
				return head, nil, f.Problem(n, "role %s is there twice", m[1])
			}
			sections = append(sections, section{role: m[1], line: n + 1})
			continue
		}
		if len(sections) == 0 {
			if strings.TrimSpace(line) == "" {
				continue
			}
			return head, nil, f.Problem(n, "text before the first role: start the body with a line \"=== system\" or \"=== user\"")
		}
		sections[len(sections)-1].body += line + "\n"
	}
	if len(sections) == 0 || sections[len(sections)-1].role != user {
		return head, nil, f.Problem(len(lines), "the last role must be user")
	}
	return head, sections, nil
}
