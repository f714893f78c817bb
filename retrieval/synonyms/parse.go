package synonyms

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/askdesk/askdesk/kb"
)

// Problem is a mistake in a file.
type Problem struct {
	Line   int // from 1; 0 where no line is to blame
	Reason string
}

// kind is how an entry's words relate.
type kind int

const (
	group kind = iota // each means every other
	rule              // its one word means what means says
	short             // a group whose first word is an abbreviation
)

// item is a word or phrase as it stands in a file.
type item struct {
	text string
	line int
}

// entry is a group, a rule or an abbreviation.
type entry struct {
	kind  kind
	words []item
	means []item // of a rule
	line  int
}

// section is what holds in a knowledge base, or in all where base is "".
type section struct {
	base    string
	entries []entry
}

// The fields of a file.
const (
	groupsField        = "groups"
	rulesField         = "rules"
	abbreviationsField = "abbreviations"
	basesField         = "knowledge_bases"
)

// reader collects what is wrong with a file while it reads it.
type reader struct{ problems []Problem }

func (r *reader) problem(line int, format string, args ...any) {
	r.problems = append(r.problems, Problem{line, fmt.Sprintf(format, args...)})
}

// parse reads a file. Its sections are whole only where there are no problems.
func parse(data []byte) ([]section, []Problem) {
	r := &reader{}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		r.unreadable(err)
		return nil, r.problems
	}
	var sections []section
	for n, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue
		}
		if n > 0 {
			r.problem(lineOf(doc.Body), "a second document behind --- is not read: put everything into one")
			break
		}
		sections = r.sections(doc.Body)
	}
	return sections, r.problems
}

func (r *reader) unreadable(err error) {
	var at yaml.Error
	line, reason := 1, err.Error()
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		line, reason = at.GetToken().Position.Line, at.GetMessage()
	}
	reason, _, _ = strings.Cut(reason, "\n")
	if strings.HasPrefix(reason, "mapping key") {
		r.problem(line, "%s is there twice: put all that it means into one list", at.GetToken().Value)
		return
	}
	r.problem(line, "not readable as YAML: %s. Put text with a colon or a # in it in quotes, and check how far the lines are indented", reason)
}

func (r *reader) sections(body ast.Node) []section {
	shared, own := section{}, []section(nil)
	r.fields(body, "", []string{groupsField, rulesField, abbreviationsField, basesField}, func(name string, value ast.Node) {
		if name != basesField {
			shared.entries = append(shared.entries, r.entries(name, value)...)
			return
		}
		r.pairs(value, basesField, func(base item, value ast.Node) {
			s := section{base: base.text}
			r.fields(value, basesField+"."+base.text, []string{groupsField, rulesField, abbreviationsField}, func(name string, value ast.Node) {
				s.entries = append(s.entries, r.entries(name, value)...)
			})
			own = append(own, s)
		})
	})
	return append([]section{shared}, own...)
}

// fields calls do with each field of a block, which must be known.
func (r *reader) fields(block ast.Node, in string, known []string, do func(name string, value ast.Node)) {
	where := "the file"
	if in != "" {
		where = in
	}
	r.pairs(block, where, func(name item, value ast.Node) {
		if !slices.Contains(known, name.text) {
			r.problem(name.line, "%s is unknown%s: use %s", name.text, kb.DidYouMean(name.text, known), strings.Join(known, ", "))
			return
		}
		do(name.text, value)
	})
}

// pairs calls do with each key and value of a block; an empty one has none.
func (r *reader) pairs(block ast.Node, what string, do func(key item, value ast.Node)) {
	var values []*ast.MappingValueNode
	switch n := block.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	case *ast.NullNode:
	default:
		r.problem(lineOf(block), "%s must be lines of “name: value”", what)
	}
	for _, v := range values {
		key := v.Key.GetToken()
		do(item{strings.TrimSpace(key.Value), key.Position.Line}, v.Value)
	}
}

func (r *reader) entries(name string, value ast.Node) (list []entry) {
	if name == groupsField {
		rows, ok := value.(*ast.SequenceNode)
		if !ok && value.Type() != ast.NullType {
			r.problem(lineOf(value), "groups must be a list of lists, such as: - [garbage, trash]")
		}
		if ok {
			for _, row := range rows.Values {
				if _, ok := row.(*ast.SequenceNode); !ok {
					r.problem(lineOf(row), "a group must be a list in brackets, such as: - [garbage, trash]")
					continue
				}
				list = append(list, entry{kind: group, words: r.items(row, "a group"), line: lineOf(row)})
			}
		}
		return list
	}
	r.pairs(value, name, func(key item, value ast.Node) {
		e := entry{kind: rule, words: []item{key}, line: key.line, means: r.items(value, key.text)}
		if name == abbreviationsField {
			e = entry{kind: short, words: append([]item{key}, e.means...), line: key.line}
		}
		list = append(list, e)
	})
	return list
}

// items are the texts of a list, or the one that stands alone.
func (r *reader) items(value ast.Node, what string) (list []item) {
	nodes := []ast.Node{value}
	if rows, ok := value.(*ast.SequenceNode); ok {
		nodes = rows.Values
	}
	for _, n := range nodes {
		switch n := n.(type) {
		case *ast.NullNode:
			r.problem(lineOf(n), "%s: a word is missing", what)
		case *ast.LiteralNode:
			list = append(list, item{strings.TrimSpace(n.Value.Value), lineOf(n)})
		case ast.ScalarNode:
			list = append(list, item{strings.TrimSpace(n.GetToken().Value), lineOf(n)})
		default:
			r.problem(lineOf(n), "%s must be a word, a phrase, or a list of them in brackets", what)
		}
	}
	return list
}

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}
