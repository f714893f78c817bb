// Package extractive answers without a model: it picks the sentences of the
// passages that answer the question, word for word, and puts them into the
// chosen format, each with its citation.
package extractive

import (
	"context"

	"github.com/askdesk/askdesk/answer"
)

// Generator is an answer.Generator that quotes. It is safe for concurrent use
// and its output depends on the request alone.
type Generator struct{}

// New makes a Generator.
func New() Generator { return Generator{} }

var _ answer.Quoter = Generator{}

// Quotes says that each delta is one quote.
func (Generator) Quotes() {}

// Generate writes the sentences of r.Passages that answer r.Question, within
// r.Voice's length, as r.Voice's layout has them. Mark-up is rendered as plain
// text: the words stay the document's own. Passages without any sentence make
// an empty completion.
func (Generator) Generate(ctx context.Context, r answer.Request, emit func(delta string) error) (answer.Completion, error) {
	done := answer.Completion{Model: answer.Extractive, Finish: "stop"}
	if err := ctx.Err(); err != nil {
		return done, err
	}
	chosen := choose(r.Question, r.Passages, r.Voice)
	if len(chosen) == 0 {
		return done, nil
	}
	for _, part := range compose(chosen, r.Voice) {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		done.Text += part
		if err := emit(part); err != nil {
			return done, err
		}
	}
	return done, nil
}
