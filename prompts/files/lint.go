package files

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/askdesk/askdesk/kb"
)

// linter walks a template with the types of its values, so that a misspelt
// input or field is an error at load even in a branch that seldom runs.
type linter struct {
	tmpl   *template.Template
	inputs map[string]InputSpec
	used   map[string]bool  // inputs
	open   []string         // templates being walked, outermost first
	parts  map[string]bool  // partials reached
	vars   map[string]shape // of the template being walked
	tree   *parse.Tree
}

type lintError struct {
	file, reason string
	line         int
}

func (e *lintError) Error() string { return fmt.Sprintf("%s:%d: %s", e.file, e.line, e.reason) }

func (l *linter) fail(n parse.Node, format string, args ...any) error {
	location, _ := l.tree.ErrorContext(n)
	name, line := splitLocation(location)
	return &lintError{name, fmt.Sprintf(format, args...), line}
}

var location = regexp.MustCompile(`^(.*?):(\d+)`)

func splitLocation(s string) (string, int) {
	m := location.FindStringSubmatch(s)
	if m == nil {
		return s, 0
	}
	n, _ := strconv.Atoi(m[2])
	return m[1], n
}

func (l *linter) template(name string, dot shape, from parse.Node) error {
	if slices.Contains(l.open, name) {
		return l.fail(from, "template %q uses itself", name)
	}
	t := l.tmpl.Lookup(name)
	if t == nil || t.Tree == nil {
		return l.fail(from, "there is no partial %q%s", name, kb.DidYouMean(name, slices.Sorted(maps.Keys(l.parts))))
	}
	outer := *l
	l.open, l.tree, l.vars = append(l.open, name), t.Tree, map[string]shape{"$": dot}
	l.parts[name] = true
	err := l.walk(t.Root, dot)
	l.open, l.tree, l.vars = outer.open, outer.tree, outer.vars
	return err
}

func (l *linter) walk(node parse.Node, dot shape) error {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, c := range n.Nodes {
			if err := l.walk(c, dot); err != nil {
				return err
			}
		}
	case *parse.ActionNode:
		_, err := l.pipe(n.Pipe, dot)
		return err
	case *parse.IfNode:
		return l.branch(&n.BranchNode, dot, func(shape) shape { return dot })
	case *parse.WithNode:
		return l.branch(&n.BranchNode, dot, func(s shape) shape { return s })
	case *parse.RangeNode:
		return l.branch(&n.BranchNode, dot, element)
	case *parse.TemplateNode:
		s := noShape
		if n.Pipe != nil {
			var err error
			if s, err = l.pipe(n.Pipe, dot); err != nil {
				return err
			}
		}
		return l.template(n.Name, s, n)
	}
	return nil
}

func element(s shape) shape {
	if s == listShape {
		return passageShape
	}
	return anyShape
}

func (l *linter) branch(n *parse.BranchNode, dot shape, inner func(shape) shape) error {
	s, err := l.pipe(n.Pipe, dot)
	if err != nil {
		return err
	}
	if n.NodeType == parse.NodeRange && len(n.Pipe.Decl) > 0 {
		l.vars[n.Pipe.Decl[0].Ident[0]] = anyShape
		l.vars[n.Pipe.Decl[len(n.Pipe.Decl)-1].Ident[0]] = element(s)
	}
	if err := l.walk(n.List, inner(s)); err != nil {
		return err
	}
	return l.walk(n.ElseList, dot)
}

func (l *linter) pipe(p *parse.PipeNode, dot shape) (shape, error) {
	result := anyShape
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			s, err := l.arg(arg, dot)
			if err != nil {
				return anyShape, err
			}
			if result = anyShape; len(p.Cmds) == 1 && len(cmd.Args) == 1 {
				result = s
			}
		}
	}
	for _, v := range p.Decl {
		l.vars[v.Ident[0]] = result
	}
	return result, nil
}

func (l *linter) arg(node parse.Node, dot shape) (shape, error) {
	switch n := node.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.FieldNode:
		return l.fields(n, dot, n.Ident)
	case *parse.VariableNode:
		s, ok := l.vars[n.Ident[0]]
		if !ok {
			s = anyShape
		}
		return l.fields(n, s, n.Ident[1:])
	case *parse.ChainNode:
		s, err := l.arg(n.Node, dot)
		if err != nil {
			return s, err
		}
		return l.fields(n, s, n.Field)
	case *parse.PipeNode:
		return l.pipe(n, dot)
	}
	return anyShape, nil
}

func (l *linter) fields(n parse.Node, s shape, names []string) (shape, error) {
	for _, name := range names {
		switch known, ok := shapeFields[s]; {
		case s == rootShape:
			spec, declared := l.inputs[name]
			if !declared {
				return s, l.fail(n, "input %s is not declared%s", name, kb.DidYouMean(name, slices.Sorted(maps.Keys(l.inputs))))
			}
			l.used[name] = true
			s = shape(spec.Type)
		case ok && !slices.Contains(known, name):
			return s, l.fail(n, "a %s has no field %s: use %s", s, name, strings.Join(known, ", "))
		case s == noShape:
			return s, l.fail(n, "%s: nothing was passed to this template: write {{template NAME .}}", name)
		case !ok && s != anyShape:
			return s, l.fail(n, "a %s has no fields, so not %s", s, name)
		default:
			s = anyShape
		}
	}
	return s, nil
}
