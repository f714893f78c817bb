package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/askdesk/askdesk/kb"
)

// fault gives an error of the file a sentence for a person, where one can do
// something about it.
func fault(err error) error {
	if err == nil || kb.CodeOf(err) != kb.Internal {
		return err
	}
	var failure *sqlite.Error
	code := 0
	if errors.As(err, &failure) {
		code = failure.Code()
	}
	switch {
	case code&0xff == sqlite3.SQLITE_FULL, code == sqlite3.SQLITE_IOERR_WRITE, code == sqlite3.SQLITE_IOERR_SHMSIZE,
		errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EFBIG), errors.Is(err, syscall.EDQUOT):
		return kb.Wrap(kb.Unavailable, err, "There is no room left for state.db of the data folder. Make room on its disk, or raise the limit on file sizes, and try again.")
	case code&0xff == sqlite3.SQLITE_CANTOPEN, code == sqlite3.SQLITE_READONLY_DBMOVED:
		return kb.Wrap(kb.Unavailable, err, "state.db of the data folder cannot be opened any more: was the folder moved or removed? Put it back and restart Askdesk.")
	case code&0xff == sqlite3.SQLITE_CORRUPT, code&0xff == sqlite3.SQLITE_NOTADB:
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

// connector opens connections; what makes that fail has passed through fault.
type connector struct {
	driver driver.Driver
	name   string
}

func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.name)
	return conn, fault(err)
}

func (c connector) Driver() driver.Driver { return c.driver }
