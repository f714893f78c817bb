package local

import (
	"context"

	"github.com/askdesk/askdesk/kb"
)

// Legs runs both legs of a search, without reading what they find, and returns how
// many chunks that is.
func (x *Index) Legs(ctx context.Context, q kb.Query) (int, error) {
	b, release, err := x.use(ctx, q.KB, reading)
	if err != nil {
		return 0, err
	}
	defer release()
	_, found, err := b.find(ctx, b.snap.Load(), q)
	return len(found.lexical) + len(found.dense), err
}
