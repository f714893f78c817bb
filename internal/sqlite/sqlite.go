// Package sqlite opens SQLite files, and tells what a person can do about an error
// of one.
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Trouble is what is wrong with a file.
type Trouble int

// The troubles that a person can do something about.
const (
	None    Trouble = iota // none of them
	Full                   // there is no room to write it
	Gone                   // it cannot be opened, or was moved
	Damaged                // it is no database any more
)

// TroubleOf is what an error says of its file.
func TroubleOf(err error) Trouble {
	var failure *sqlite.Error
	code := 0
	if errors.As(err, &failure) {
		code = failure.Code()
	}
	switch {
	case code&0xff == sqlite3.SQLITE_FULL, code == sqlite3.SQLITE_IOERR_WRITE, code == sqlite3.SQLITE_IOERR_SHMSIZE,
		errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EFBIG), errors.Is(err, syscall.EDQUOT):
		return Full
	case code&0xff == sqlite3.SQLITE_CORRUPT, code&0xff == sqlite3.SQLITE_NOTADB, code == sqlite3.SQLITE_IOERR_SHORT_READ:
		return Damaged
	case code&0xff == sqlite3.SQLITE_CANTOPEN, code == sqlite3.SQLITE_READONLY_DBMOVED:
		return Gone
	}
	return None
}

// Open returns a pool of connections to the file at path, each made with the
// driver's parameters ("a=1&b=2"). What makes opening one fail has passed through
// explain. No connection is opened yet.
func Open(path, parameters string, explain func(error) error) (*sql.DB, error) {
	slash := filepath.ToSlash(path)
	if !strings.HasPrefix(slash, "/") { // a Windows drive
		slash = "/" + slash
	}
	name := "file://" + (&url.URL{Path: slash}).EscapedPath() + "?" + parameters
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	return sql.OpenDB(connector{db.Driver(), name, explain}), db.Close()
}

type connector struct {
	driver  driver.Driver
	name    string
	explain func(error) error
}

func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.name)
	if err != nil {
		return nil, c.explain(err)
	}
	return conn, nil
}

func (c connector) Driver() driver.Driver { return c.driver }
