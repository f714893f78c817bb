package store

import (
	"path"
	"path/filepath"

	"github.com/askdesk/askdesk/internal/sqlite"
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
	switch sqlite.TroubleOf(err) {
	case sqlite.Full:
		return kb.Wrap(kb.Unavailable, err, "There is no room left for the index of %q. Make room on the disk of the data folder, or raise the limit on file sizes, and try again.", p.base)
	case sqlite.Damaged:
		return kb.Wrap(kb.Unavailable, err, "The index of %q is damaged. Remove the file %s of the data folder, and bring the documents in again: askdesk ingest PATH --kb %s", p.base, p.name, p.base)
	case sqlite.Gone:
		return kb.Wrap(kb.Unavailable, err, "The index file %s of the data folder cannot be opened. Check that the folder is there and belongs to you.", p.name)
	}
	return err
}
