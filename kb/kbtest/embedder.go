package kbtest

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"strings"
	"unicode"

	"github.com/askdesk/askdesk/kb"
)

// Embedder is a bag of words: each word counts in one dimension, chosen by its
// hash. Texts with the same words have the same vector. The zero value has 64
// dimensions.
type Embedder struct{ Dim int }

// Model names the embedder.
func (e Embedder) Model() string { return fmt.Sprintf("kbtest-words-%d", e.dim()) }

// Embed implements kb.Embedder.
func (e Embedder) Embed(ctx context.Context, _ kb.EmbedKind, texts []string) ([]kb.Vector, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	vectors := make([]kb.Vector, len(texts))
	for i, text := range texts {
		vectors[i] = e.vector(words(text))
	}
	return vectors, nil
}

func (e Embedder) dim() int {
	if e.Dim <= 0 {
		return 64
	}
	return e.Dim
}

func (e Embedder) vector(words []string) kb.Vector {
	v := make(kb.Vector, e.dim())
	if len(words) == 0 {
		v[0] = 1
		return v
	}
	square := 0.0
	for _, word := range words {
		h := fnv.New32a()
		h.Write([]byte(word))
		v[h.Sum32()%uint32(len(v))]++
	}
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(square))
	}
	return v
}

// words are the runs of letters, digits, _ and inner hyphens, in lower case.
func words(s string) []string {
	fields := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-'
	})
	var out []string
	for _, f := range fields {
		if f = strings.Trim(f, "-_"); f != "" {
			out = append(out, f)
		}
	}
	return out
}
