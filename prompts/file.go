package prompts

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// file is one file as it was read.
type file struct {
	name string // relative, for people
	data []byte
}

// Error makes a Problem an error.
func (p *Problem) Error() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason)
	}
	return p.File + ": " + p.Reason
}

func (f file) problem(line int, format string, args ...any) *Problem {
	return &Problem{File: f.name, Line: line, Reason: fmt.Sprintf(format, args...)}
}

// lineOf is the line on which text first stands as its own word, or 1.
func (f file) lineOf(text string) int {
	for i, line := range strings.Split(string(f.data), "\n") {
		if strings.HasPrefix(strings.TrimLeft(line, " -{"), text) {
			return i + 1
		}
	}
	return 1
}

// strictYAML reads data, which starts offset lines into f, and refuses unknown
// and doubled keys.
func strictYAML(f file, data []byte, offset int, into any) error {
	err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(into)
	if err == nil {
		return nil
	}
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return f.problem(at.GetToken().Position.Line+offset, "%s", at.GetMessage())
	}
	reason, _, _ := strings.Cut(err.Error(), "\n")
	return f.problem(offset+1, "not readable as YAML: %s", reason)
}

// frontMatter is the head of a prompt file.
type frontMatter struct {
	Description string               `yaml:"description"`
	Inputs      map[string]inputSpec `yaml:"inputs"`
	Output      outputSpec           `yaml:"output"`
	History     int                  `yaml:"history"`  // turns of the conversation put before the question
	Examples    string               `yaml:"examples"` // NAME of NAME.examples.yaml
}

type inputSpec struct {
	Type    string   `yaml:"type"`
	Enum    []string `yaml:"enum"`
	Default any      `yaml:"default"`
}

type outputSpec struct {
	Temperature *float64 `yaml:"temperature"`
	MaxTokens   int      `yaml:"max_tokens"`
}

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
func splitPrompt(f file) (frontMatter, []section, error) {
	var head frontMatter
	lines := strings.Split(strings.ReplaceAll(string(f.data), "\r\n", "\n"), "\n")
	if lines[0] != "---" {
		return head, nil, f.problem(1, "must start with a line ---, its front matter and another line ---")
	}
	end := slices.Index(lines[1:], "---") + 1
	if end == 0 {
		return head, nil, f.problem(1, "the front matter is not closed by a line ---")
	}
	if err := strictYAML(f, []byte(strings.Join(lines[1:end], "\n")), 1, &head); err != nil {
		return head, nil, err
	}
	var sections []section
	for i, line := range lines[end+1:] {
		n := end + 2 + i
		if m := roleLine.FindStringSubmatch(line); m != nil {
			if m[1] != System && m[1] != User {
				return head, nil, f.problem(n, "unknown role %q: use system or user", m[1])
			}
			if slices.ContainsFunc(sections, func(s section) bool { return s.role == m[1] }) {
				return head, nil, f.problem(n, "role %s is there twice", m[1])
			}
			sections = append(sections, section{role: m[1], line: n + 1})
			continue
		}
		if len(sections) == 0 {
			if strings.TrimSpace(line) == "" {
				continue
			}
			return head, nil, f.problem(n, "text before the first role: start the body with a line \"=== system\" or \"=== user\"")
		}
		sections[len(sections)-1].body += line + "\n"
	}
	if len(sections) == 0 || sections[len(sections)-1].role != User {
		return head, nil, f.problem(len(lines), "the last role must be user")
	}
	return head, sections, nil
}
