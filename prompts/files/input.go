package files

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/kb"
)

// Names are the names of the declared styles by kind, sorted.
type Names map[string][]string

// shape is the type of a template value, for the check at load.
type shape string

const (
	anyShape     shape = "any"
	noShape      shape = "nothing"
	rootShape    shape = "inputs"
	passageShape shape = "passage"
	styleShape   shape = "style"
	listShape    shape = "passages"
)

// provided are the inputs that Askdesk fills in. All others need a default.
var provided = map[string]shape{
	"question": "string", "passages": listShape, "no_answer": "string",
	"tone": styleShape, "format": styleShape, "length": styleShape, "language": styleShape,
}

var shapeFields = map[shape][]string{
	passageShape: {"N", "Title", "Heading", "Updated", "Text"},
	styleShape:   {"Name", "Instruction"},
}

var scalarTypes = []string{"string", "integer", "number", "boolean"}

// checkInputs refuses inputs that nobody fills in or whose type, enum and
// default do not fit together.
func checkInputs(f File, inputs map[string]InputSpec, styles Names) error {
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		spec, line := inputs[name], f.LineOf(name+":")
		want, known := provided[name]
		switch {
		case !validName.MatchString(name) || strings.Contains(name, "-"):
			return f.Problem(line, "input %q: use lower-case letters, digits and _", name)
		case known && spec.Type != string(want):
			return f.Problem(line, "input %s has type %q, must be %s", name, spec.Type, want)
		case !known && !slices.Contains(scalarTypes, spec.Type):
			return f.Problem(line, "input %s has type %q: use one of %s", name, spec.Type, strings.Join(scalarTypes, ", "))
		case !known && spec.Default == nil:
			return f.Problem(line, "input %s is filled in by nobody%s: correct its name or give it a default", name, kb.DidYouMean(name, slices.Sorted(maps.Keys(provided))))
		case known && want != styleShape && (spec.Default != nil || spec.Enum != nil):
			return f.Problem(line, "input %s is always filled in: it takes no default and no enum", name)
		case want == styleShape && spec.Default == nil:
			return f.Problem(line, "input %s needs a default", name)
		}
		if err := checkDefault(f, name, spec, styles[name+"s"]); err != nil {
			return err
		}
	}
	for _, name := range []string{"tone", "format", "length", "language"} {
		if _, ok := inputs[name]; !ok {
			return f.Problem(1, "input %s is missing: every prompt takes question, tone, format, length and language", name)
		}
	}
	return nil
}

func checkDefault(f File, name string, spec InputSpec, declared []string) error {
	line := f.LineOf(name + ":")
	if spec.Type == string(styleShape) {
		for _, e := range append(slices.Clone(spec.Enum), fmt.Sprint(spec.Default)) {
			if !slices.Contains(declared, e) {
				return f.Problem(line, "input %s: there is no %s %q%s", name, name, e, kb.DidYouMean(e, declared))
			}
		}
	}
	ok := spec.Default == nil
	switch spec.Default.(type) {
	case string:
		ok = spec.Type == "string" || spec.Type == string(styleShape)
	case bool:
		ok = spec.Type == "boolean"
	case int, int64, uint64:
		ok = spec.Type == "integer" || spec.Type == "number"
	case float64:
		ok = spec.Type == "number"
	}
	if !ok {
		return f.Problem(line, "input %s: default %v is not of type %s", name, spec.Default, spec.Type)
	}
	if spec.Enum != nil && !slices.Contains(spec.Enum, fmt.Sprint(spec.Default)) {
		return f.Problem(line, "input %s: default %v is not in its enum", name, spec.Default)
	}
	return nil
}
