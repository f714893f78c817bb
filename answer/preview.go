package answer

import (
	"context"

	"github.com/askdesk/askdesk/prompts"
)

// Preview is the prompt that a model would get for q, with the passages that the
// search finds for it. Nothing is written or sent.
func (a *Answerer) Preview(ctx context.Context, q Question) (prompts.Rendered, error) {
	r, err := a.prepare(q)
	if err != nil {
		return prompts.Rendered{}, err
	}
	if err := a.retrieve(ctx, r); err != nil {
		return prompts.Rendered{}, err
	}
	request, err := a.request(r)
	return prompts.Rendered{Messages: request.Messages, Output: request.Output, Ref: r.out.Prompt}, err
}
