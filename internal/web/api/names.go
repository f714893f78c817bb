package api

import (
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"
)

// Names is a list of names that JSON may also write as a single one.
type Names []string

// UnmarshalJSON reads a string or a list of strings.
func (n *Names) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*n = Names{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(data, &many); err != nil {
		return errors.New("expected a name or a list of names")
	}
	*n = many
	return nil
}

// Schema is a string or a list of strings.
func (Names) Schema(huma.Registry) *huma.Schema {
	one := huma.Schema{Type: huma.TypeString}
	return &huma.Schema{OneOf: []*huma.Schema{&one, {Type: huma.TypeArray, Items: &one}}}
}

// Meanings are lists of words by the word that they stand for.
type Meanings map[string][]string

// Schema says that no list of words is null.
func (Meanings) Schema(huma.Registry) *huma.Schema {
	words := huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}}
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: &words}
}
