package retrieval

import (
	"context"
	"fmt"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// Calibrations knows what was fitted to knowledge bases.
type Calibrations interface {
	// Calibration returns what was fitted to the evidence of a scale in a knowledge
	// base; found is false where nothing was. It is asked once a search for each
	// knowledge base and scale.
	Calibration(ctx context.Context, base, scale string) (c kb.Calibration, found bool, err error)
}

// calibrate turns the evidence of the passages into relevance. Answerability is
// that of the best evidence: a second good passage or a lead over it made it no
// better at telling questions that the documents answer from others.
func (c *run) calibrate(ctx context.Context) error {
	type key struct{ base, scale string }
	known := map[key]kb.Calibration{}
	c.out.Calibrated = len(c.out.Passages) > 0
	for i, p := range c.out.Passages {
		k := key{p.Document.KB, p.Scale}
		worth, seen := known[k]
		if !seen {
			fitted, found, err := c.fitted(ctx, k.base, k.scale)
			if err != nil {
				return err
			}
			c.out.Calibrated = c.out.Calibrated && found
			worth = fitted
			known[k] = worth
		}
		c.out.Passages[i].Relevance = worth.Passage.At(p.Evidence)
		c.out.Answerability = max(c.out.Answerability, worth.Answer.At(p.Evidence))
	}
	return nil
}

// fitted is what evidence is worth in a knowledge base; found is false where that
// is the default.
func (c *run) fitted(ctx context.Context, base, scale string) (_ kb.Calibration, found bool, err error) {
	if c.opt.Calibrations != nil {
		fitted, found, err := c.opt.Calibrations.Calibration(ctx, base, scale)
		if err != nil {
			return kb.Calibration{}, false, fmt.Errorf("calibration of %s: %w", base, err)
		}
		if found {
			return fitted, true, nil
		}
	}
	return rank.Default(scale), false, nil
}
