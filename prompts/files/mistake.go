package files

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/askdesk/askdesk/kb"
)

// mistake is what is wrong with a file's YAML as a sentence for the person who
// wrote it; known are the names of the fields that may stand in the file.
func mistake(err yaml.Error, known []string) string {
	var wrong *yaml.TypeError
	var big *yaml.OverflowError
	var unknown *yaml.UnknownFieldError
	var shaped *yaml.UnexpectedNodeTypeError
	at := err.GetToken()
	switch {
	case errors.As(err, &wrong):
		return fmt.Sprintf("%s must be %s, not %s", fieldAt(at), wanted(wrong.DstType), written(at))
	case errors.As(err, &big):
		return fmt.Sprintf("%s: %s is too large a number", fieldAt(at), big.SrcNum)
	case errors.As(err, &shaped):
		want := "a block of fields"
		if shaped.Expected == ast.SequenceType {
			want = "a list"
		}
		return fmt.Sprintf("%s must be %s, not %s", fieldAt(at), want, written(at))
	case errors.As(err, &unknown):
		return err.GetMessage() + kb.DidYouMean(at.Value, known)
	case strings.HasPrefix(err.GetMessage(), "mapping key"):
		return fmt.Sprintf("%s is there twice", at.Value)
	case strings.HasPrefix(err.GetMessage(), "mapping value is not allowed"):
		return "not readable as YAML: put text with a colon in it in quotes, and check how far the lines are indented"
	}
	return "not readable as YAML: " + err.GetMessage()
}

// fieldAt names the field whose value begins with the token.
func fieldAt(t *token.Token) string {
	if t.Prev != nil && t.Prev.Type == token.MappingValueType && t.Prev.Prev != nil {
		return t.Prev.Prev.Value
	}
	if t.Prev == nil {
		return "the file"
	}
	return "an entry of the list"
}

func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	}
	return "text"
}

// written is a value as it stands in the file.
func written(t *token.Token) string {
	switch t.Value {
	case "[", "-":
		return "a list"
	case "{":
		return "a block of fields"
	}
	if r := []rune(t.Value); len(r) > 40 {
		return fmt.Sprintf("%q", string(r[:40])+" ...")
	}
	return fmt.Sprintf("%q", t.Value)
}

// fieldsOf are the names of the fields that may stand anywhere in a value of the
// type, sorted.
func fieldsOf(t reflect.Type) []string {
	var names []string
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return fieldsOf(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
			if name != "" {
				names = append(append(names, name), fieldsOf(t.Field(i).Type)...)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
