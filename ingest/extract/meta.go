package extract

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/askdesk/askdesk/ingest/extract/reading"
	"github.com/askdesk/askdesk/kb"
)

// Meta is what the front matter or the sidecar file of a document says of it.
// A zero field was not given.
type Meta struct {
	Title      string
	URL        string // absolute, http or https
	Updated    time.Time
	Audience   kb.Audience
	Product    string
	Version    string // as written: 1.10 stays 1.10
	Tags       []string
	Language   string // lower-case ISO 639-1
	ValidFrom  time.Time
	ValidUntil time.Time
}

// names maps the keys that are read, in lower case, to the field they set.
// Where a field is given twice, the first key in this order wins.
var names = []struct{ key, field string }{
	{"title", "title"},
	{"url", "url"}, {"canonical_url", "url"}, {"canonical", "url"},
	{"updated", "updated"}, {"last_updated", "updated"}, {"lastupdated", "updated"}, {"lastmod", "updated"},
	{"last_modified", "updated"}, {"last_modified_at", "updated"}, {"modified", "updated"}, {"date", "updated"},
	{"audience", "audience"},
	{"product", "product"},
	{"version", "version"},
	{"tags", "tags"}, {"keywords", "tags"},
	{"language", "language"}, {"lang", "language"}, {"locale", "language"},
	{"valid_from", "valid_from"},
	{"valid_until", "valid_until"},
}

// MetaExtensions are what a sidecar's name adds to its document's name.
var MetaExtensions = []string{".meta.yaml", ".meta.yml"}

// ParseMeta reads a sidecar file. Unknown keys are ignored; a value of the wrong
// kind is an error that names its key and what is allowed.
func ParseMeta(data []byte) (Meta, error) {
	text, _, err := decode(data)
	if err != nil {
		return Meta{}, kb.Wrap(kb.Invalid, err, "the metadata is not text")
	}
	mapping, err := parseYAML(text)
	if err != nil {
		return Meta{}, kb.Wrap(kb.Invalid, err, "the metadata is not valid YAML: %s", yamlProblem(err))
	}
	return metaOf(mapping)
}

// errNoMapping says that a YAML text holds something other than keys and values.
var errNoMapping = errors.New("expected lines of the form key: value")

// The YAML parser's cost grows with the square of the nesting.
const (
	maxMeta  = 64 << 10 // bytes
	maxDepth = 32       // of lists and mappings in brackets
)

var errTooMuch = fmt.Errorf("it is longer than %d KB or nested deeper than %d levels", maxMeta>>10, maxDepth)

// depth is at least how deep the brackets of a YAML text are nested.
func depth(text string) (deepest int) {
	open := 0
	for _, c := range []byte(text) {
		switch c {
		case '[', '{':
			open++
			deepest = max(deepest, open)
		case ']', '}':
			open = max(0, open-1)
		}
	}
	return deepest
}

// parseYAML gives the values of a YAML mapping by lower-case key.
func parseYAML(text string) (map[string]ast.Node, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if len(text) > maxMeta || depth(text) > maxDepth {
		return nil, errTooMuch
	}
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		return nil, err
	}
	out := map[string]ast.Node{}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		var pairs []*ast.MappingValueNode
		switch n := doc.Body.(type) {
		case *ast.MappingNode:
			pairs = n.Values
		case *ast.MappingValueNode:
			pairs = []*ast.MappingValueNode{n}
		case *ast.CommentGroupNode:
			continue
		default:
			return nil, errNoMapping
		}
		for _, p := range pairs {
			key := strings.ToLower(strings.ReplaceAll(strings.Trim(p.Key.String(), `"'`), "-", "_"))
			out[key] = p.Value
		}
	}
	return out, nil
}

func metaOf(values map[string]ast.Node) (Meta, error) {
	var m Meta
	done := map[string]bool{}
	for _, n := range names {
		v, ok := values[n.key]
		if !ok || done[n.field] || empty(v) {
			continue
		}
		if err := m.set(n.field, v); err != nil {
			return Meta{}, kb.Errorf(kb.Invalid, "the metadata key %q %w", n.key, err)
		}
		done[n.field] = true
	}
	if !m.ValidFrom.IsZero() && !m.ValidUntil.IsZero() && !m.ValidFrom.Before(m.ValidUntil) {
		return Meta{}, kb.Errorf(kb.Invalid, "the metadata key \"valid_until\" must be later than \"valid_from\"")
	}
	return m, nil
}

func empty(n ast.Node) bool {
	_, null := n.(*ast.NullNode)
	return n == nil || null
}

func (m *Meta) set(field string, n ast.Node) error {
	if field == "tags" {
		tags, err := list(n)
		m.Tags = tags
		return err
	}
	s, err := scalar(n)
	if err != nil || s == "" {
		return err
	}
	switch field {
	case "title":
		m.Title = reading.OneLine(s, maxTitle)
	case "url":
		m.URL, err = address(s)
	case "updated":
		m.Updated, err = date(s)
	case "audience":
		m.Audience, err = audience(s)
	case "product":
		m.Product = s
	case "version":
		m.Version = s
	case "language":
		m.Language, err = language(s)
	case "valid_from":
		m.ValidFrom, err = date(s)
	case "valid_until":
		m.ValidUntil, err = date(s)
	}
	return err
}

// scalar gives a value as it was written, so that version: 1.10 keeps its zero.
func scalar(n ast.Node) (string, error) {
	switch v := n.(type) {
	case *ast.StringNode:
		return strings.TrimSpace(v.Value), nil
	case *ast.LiteralNode:
		return strings.TrimSpace(v.Value.Value), nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return strings.TrimSpace(n.GetToken().Value), nil
	}
	return "", errors.New("must be a single value, not a list or a group")
}

func list(n ast.Node) ([]string, error) {
	seq, ok := n.(*ast.SequenceNode)
	var items []string
	if !ok {
		s, err := scalar(n)
		if err != nil {
			return nil, errors.New("must be a list, or words separated by commas")
		}
		items = strings.Split(s, ",")
	} else {
		for _, v := range seq.Values {
			s, err := scalar(v)
			if err != nil {
				return nil, errors.New("must be a list of words")
			}
			items = append(items, s)
		}
	}
	var out []string
	for _, s := range items {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, nil
}

func audience(s string) (kb.Audience, error) {
	a := kb.Audience(strings.ToLower(s))
	if a != kb.Public && a != kb.Agent {
		return "", fmt.Errorf("is %q, but must be public or agent", s)
	}
	return a, nil
}

// errRelative marks an address that other tools accept in front matter and
// Askdesk cannot link to.
var errRelative = errors.New("must be an address that starts with http:// or https://")

func address(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("is %q, but %w", s, errRelative)
	}
	return u.String(), nil
}

var dateForms = []string{
	time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -07:00", "2006-01-02 15:04 -0700", time.DateTime, "2006-01-02 15:04",
	"2006-1-2", "2006/01/02", "2006/1/2", "2006-01", "02.01.2006", "2.1.2006", "January 2, 2006", "Jan 2, 2006",
	"2 January 2006", "2 Jan 2006", time.RFC1123, time.RFC1123Z,
}

func date(s string) (time.Time, error) {
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("is %q, but must be a date like 2026-04-30 or a time like 2026-04-30T12:00:00Z", s)
}

func language(s string) (string, error) {
	code := languageCode(s)
	if code == "" {
		return "", fmt.Errorf("is %q, but must be a language code like en or de", s)
	}
	return code, nil
}

// languageCode reduces a tag such as en-US to its two-letter code, "" if it has none.
func languageCode(s string) string {
	s, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), "_", "-")), "-")
	if len(s) != 2 || s[0] < 'a' || s[0] > 'z' || s[1] < 'a' || s[1] > 'z' {
		return ""
	}
	return s
}

// yamlProblem is the first line of a YAML error: the place and what is wrong.
func yamlProblem(err error) string {
	var y yaml.Error
	if errors.As(err, &y) {
		if t := y.GetToken(); t != nil {
			return fmt.Sprintf("line %d: %s", t.Position.Line, y.GetMessage())
		}
		return y.GetMessage()
	}
	return err.Error()
}
