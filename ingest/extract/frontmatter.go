package extract

import (
	"errors"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/askdesk/askdesk/kb"
)

var (
	linkMark  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	keyLine   = regexp.MustCompile(`^([A-Za-z][\w-]*):[ \t]*(.*)$`)
	limitLine = regexp.MustCompile(`(?mi)^[ \t]*"?(audience|valid[_-](?:from|until))"?[ \t]*=`)
	endMarker = regexp.MustCompile(`(?m)^(---|\.\.\.)[ \t]*$`)
)

// frontMatter splits a document into its metadata and its body. Front matter
// whose YAML is broken is read line by line, with a warning; a value that is
// wrong for its key is an error either way.
func frontMatter(src string) (Meta, string, []string, error) {
	src = strings.ReplaceAll(strings.TrimPrefix(src, "\uFEFF"), "\r\n", "\n")
	first, rest, ok := strings.Cut(strings.TrimLeft(src, "\n"), "\n")
	if ok && strings.TrimRight(first, " \t") == "+++" {
		return Meta{}, src, nil, unread(rest)
	}
	if !ok || strings.TrimRight(first, " \t") != "---" {
		return Meta{}, src, nil, nil
	}
	end := endMarker.FindStringIndex(rest)
	if end == nil {
		return Meta{}, src, nil, nil
	}
	head, body := rest[:end[0]], rest[end[1]:]
	var warnings []string
	values, err := parseYAML(head)
	switch {
	case errors.Is(err, errNoMapping):
		return Meta{}, src, nil, nil
	case err != nil:
		values = simpleLines(head)
		if len(values) == 0 {
			return Meta{}, src, nil, nil
		}
		warnings = append(warnings, "the front matter is not valid YAML ("+yamlProblem(err)+"); it was read line by line")
	}
	if u := values["url"]; u != nil {
		if s, err := scalar(u); err == nil {
			if _, err := address(s); errors.Is(err, errRelative) {
				delete(values, "url")
				warnings = append(warnings, "the front matter's url is not an absolute address and was left out")
			}
		}
	}
	m, err := metaOf(values)
	return m, body, warnings, err
}

// unread refuses front matter in TOML that says who may read the document, or when:
// it is not read, and what is for agents must not slip out.
func unread(rest string) error {
	head, _, ok := strings.Cut(rest, "\n+++")
	if m := limitLine.FindStringSubmatch(head); ok && m != nil {
		return kb.Errorf(kb.Invalid, "the front matter is TOML, which is not read, and it has %s: write it as YAML between lines of ---", m[1])
	}
	return nil
}

// simpleLines reads lines of the form key: value.
func simpleLines(head string) map[string]ast.Node {
	out := map[string]ast.Node{}
	for line := range strings.SplitSeq(head, "\n") {
		m := keyLine.FindStringSubmatch(line)
		if m == nil || m[2] == "" {
			continue
		}
		value := strings.Trim(strings.TrimSpace(m[2]), `"'`)
		if m[1] == "tags" {
			value = strings.Trim(value, "[]")
		}
		key := strings.ToLower(strings.ReplaceAll(m[1], "-", "_"))
		// A key twice is what most often breaks front matter. Of two audiences the
		// stricter counts: what is for agents must not slip out.
		if old, twice := out[key].(*ast.StringNode); twice && key == "audience" && old.Value == string(kb.Agent) {
			continue
		}
		out[key] = &ast.StringNode{Value: value}
	}
	return out
}
