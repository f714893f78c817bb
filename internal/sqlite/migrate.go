package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Newer says that a file was written by a later version of the program.
type Newer struct{ Have, Known int64 }

func (e Newer) Error() string { return fmt.Sprintf("schema %d, and known are %d", e.Have, e.Known) }

// Migrate brings the schema of a file up to date by the numbered .sql files of a
// folder. A file with a schema that is none of them yet is a Newer.
func Migrate(ctx context.Context, db *sql.DB, folder fs.FS) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, folder, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > known {
		return Newer{have, known}
	}
	if have < known {
		_, err = provider.Up(ctx)
	}
	return err
}
