package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// vocabulary are the terms that chunks have or once had.
type vocabulary struct {
	mu    sync.RWMutex
	terms map[string]struct{}
	last  int64 // row that was read
}

func (v *vocabulary) has(term string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	_, ok := v.terms[term]
	return ok
}

func (v *vocabulary) lacks(terms map[string]struct{}) (list []string) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for term := range terms {
		if _, ok := v.terms[term]; !ok {
			list = append(list, term)
		}
	}
	return list
}

// read takes in the terms that were learned since the last time.
func (v *vocabulary) read(ctx context.Context, tx *sql.Tx) (err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	rows, err := tx.QueryContext(ctx, "SELECT row, term FROM terms WHERE row > ? ORDER BY row", v.last)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var term string
		if err := rows.Scan(&v.last, &term); err != nil {
			return err
		}
		v.terms[term] = struct{}{}
	}
	return rows.Err()
}

// Learn makes terms known to those who ask after the next commit. It comes before the
// commit of the chunks that have them, because terms too many do no harm.
func (f *File) Learn(ctx context.Context, terms map[string]struct{}) error {
	fresh := f.vocabulary.lacks(terms)
	if len(fresh) == 0 {
		return nil
	}
	slices.Sort(fresh)
	if _, err := f.db.ExecContext(ctx, "INSERT OR IGNORE INTO terms (term) SELECT value FROM json_each(?)", list(fresh)); err != nil {
		return fmt.Errorf("ledger: %w", f.fault(err))
	}
	return nil
}
