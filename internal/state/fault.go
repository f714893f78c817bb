package state

import (
	"context"
	"database/sql"

	"github.com/askdesk/askdesk/internal/sqlite"
	"github.com/askdesk/askdesk/kb"
)

// fault gives an error of the file a sentence for a person, where one can do
// something about it.
func fault(err error) error {
	if err == nil || kb.CodeOf(err) != kb.Internal {
		return err
	}
	switch sqlite.TroubleOf(err) {
	case sqlite.Full:
		return kb.Wrap(kb.Unavailable, err, "There is no room left for state.db of the data folder. Make room on its disk, or raise the limit on file sizes, and try again.")
	case sqlite.Gone:
		return kb.Wrap(kb.Unavailable, err, "state.db of the data folder cannot be opened any more: was the folder moved or removed? Put it back and restart Askdesk.")
	case sqlite.Damaged:
		return kb.Wrap(kb.Unavailable, err, "state.db of the data folder is damaged. Restore it from a backup, or choose another data folder with --data.")
	}
	return err
}

// database is a pool whose errors have passed through fault.
type database struct{ *sql.DB }

func (d database) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	res, err := d.DB.ExecContext(ctx, query, args...)
	return res, fault(err)
}

func (d database) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := d.DB.QueryContext(ctx, query, args...)
	return rows, fault(err)
}
