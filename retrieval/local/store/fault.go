package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"path"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/askdesk/askdesk/kb"
)

// place is where a file stands: how it is named in the data folder, and whose it is.
type place struct{ name, base string }

func placeOf(file string) place {
	base := filepath.Dir(file)
	return place{
		name: path.Join(filepath.Base(filepath.Dir(base)), filepath.Base(base), filepath.Base(file)),
		base: filepath.Base(base),
	}
}

// fault gives an error of the file a sentence for a person, where one can do
// something about it.
func (p place) fault(err error) error {
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
		return kb.Wrap(kb.Unavailable, err, "There is no room left for the index of %q. Make room on the disk of the data folder, or raise the limit on file sizes, and try again.", p.base)
	case code&0xff == sqlite3.SQLITE_CORRUPT, code&0xff == sqlite3.SQLITE_NOTADB, code == sqlite3.SQLITE_IOERR_SHORT_READ:
		return kb.Wrap(kb.Unavailable, err, "The index of %q is damaged. Remove the file %s of the data folder, and bring the documents in again: askdesk ingest PATH --kb %s", p.base, p.name, p.base)
	case code&0xff == sqlite3.SQLITE_CANTOPEN, code == sqlite3.SQLITE_READONLY_DBMOVED:
		return kb.Wrap(kb.Unavailable, err, "The index file %s of the data folder cannot be opened. Check that the folder is there and belongs to you.", p.name)
	}
	return err
}

// connector opens connections; what makes that fail has passed through fault.
type connector struct {
	driver driver.Driver
	name   string
	place  place
}

func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.name)
	return conn, c.place.fault(err)
}

func (c connector) Driver() driver.Driver { return c.driver }
