package retrieval

import (
	"context"
	"fmt"

	"github.com/askdesk/askdesk/kb"
)

// fill reads what candidates lack, in the knowledge base of each.
func (c *run) fill(ctx context.Context, list []*kb.Candidate) error {
	for len(list) > 0 {
		base := list[0].Document.KB
		var mine, others []*kb.Candidate
		for _, one := range list {
			if one.Document.KB == base {
				mine = append(mine, one)
			} else {
				others = append(others, one)
			}
		}
		whole, err := c.index.Fill(ctx, base, mine)
		if err != nil {
			return fmt.Errorf("read what was found in %s: %w", base, err)
		}
		c.broken = c.broken || !whole
		list = others
	}
	return nil
}

// excluding reads the candidates for a question that is not about something: whether
// a text speaks of being without it, only the text tells.
func (c *run) excluding(ctx context.Context, found []kb.Candidates) error {
	for _, f := range found {
		if len(f.Excluded) == 0 {
			continue
		}
		list := make([]*kb.Candidate, len(f.List))
		for i := range f.List {
			list[i] = &f.List[i]
		}
		if err := c.fill(ctx, list); err != nil {
			return err
		}
	}
	return nil
}
