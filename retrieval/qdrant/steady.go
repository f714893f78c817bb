package qdrant

import (
	"context"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/ledger"
)

// maxTries bounds how often what is read is looked at again because something was
// written meanwhile.
const maxTries = 32

// steady runs do until the documents that it met are after it what they were before;
// met is nil where it cannot be said which they are. Do is told which of them changed
// since it ran last: what it found of all others stands. If it is told of none, it
// begins anew.
func (b *base) steady(ctx context.Context, do func(state ledger.State, changed []string) (met map[string]bool, err error)) error {
	var changed []string
	state, err := b.refresh(ctx)
	for try := 0; err == nil && try < maxTries; try++ {
		before := state
		met, failed := do(before, changed)
		if failed != nil && kb.CodeOf(failed) != kb.NotFound { // a collection that was replaced is not found
			return failed
		}
		if state, err = b.ledger.Refresh(ctx); err != nil {
			return err
		}
		if state.Seq == before.Seq {
			return b.lost(failed)
		}
		if failed != nil || state.Generation != before.Generation {
			changed = nil
		} else if changed = b.ledger.Changed(before.Seq, met); len(changed) == 0 {
			return nil
		}
	}
	if err != nil {
		return err
	}
	return kb.Errorf(kb.Unavailable, "The documents of the knowledge base %q change faster than they can be read. Try again in a moment.", b.name)
}

// refresh is what the ledger says now. Settings under which its collection would not
// be found are refused: it would be taken for lost, although it is there.
func (b *base) refresh(ctx context.Context) (ledger.State, error) {
	state, err := b.ledger.Refresh(ctx)
	if err == nil && state.Generation > 0 && state.Prefix != "" && state.Prefix != b.prefix {
		err = kb.Errorf(kb.Unavailable, "The knowledge base %q was made in Qdrant with the prefix %q, and the settings say %q: set index.qdrant.prefix: %s", b.name, state.Prefix, b.prefix, state.Prefix)
	}
	return state, err
}

// lost explains that a collection is not there although the ledger names it. Most often
// it is another Qdrant that was asked, and then nothing has to be mended.
func (b *base) lost(err error) error {
	if kb.CodeOf(err) != kb.NotFound {
		return err
	}
	return kb.Wrap(kb.Unavailable, err, "The collection of the knowledge base %q is not in Qdrant: check index.qdrant.address and index.qdrant.prefix first. If they are right, restore it from a snapshot, or run askdesk index verify --repair --yes --kb %s and bring its documents in again.", b.name, b.name)
}
