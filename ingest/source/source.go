// Package source lists the files of a folder that are worth reading, and reads
// them. Nothing outside the folder is ever opened.
package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/askdesk/askdesk/kb"
)

// IgnoreFile is the name of the files that say, in the language of .gitignore,
// what to leave out of the folder they lie in.
const IgnoreFile = ".askdeskignore"

// Sidecars are what the names of metadata files add to the name of the file
// they describe.
var Sidecars = []string{".meta.yaml", ".meta.yml"}

// File is a file to read.
type File struct {
	Path string // slash-separated, from the folder
	Size int64  // when it was listed
	Meta string // path of its sidecar, "" if it has none
}

// Note is something that is not read, with a reason for a person.
type Note struct {
	Path   string // may be no valid UTF-8; that of a folder ends in a slash
	Reason string
	Failed bool // it should have been read; otherwise leaving it out is right
}

// Folder is an open folder.
type Folder struct {
	root    *os.Root
	path    string // without symbolic links
	exclude []rule
}

// Open opens the folder dir. Exclude are lines as in an ignore file of that
// folder that has the last word; a malformed one is a kb.Invalid.
func Open(dir string, exclude []string) (*Folder, error) {
	rules, err := parseRules("", exclude)
	if err != nil {
		return nil, kb.Errorf(kb.Invalid, "--exclude: %w. It takes patterns as in a .gitignore file.", err)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, openError(dir, err)
	}
	root, err := os.OpenRoot(real)
	if err != nil {
		return nil, openError(dir, err)
	}
	return &Folder{root: root, path: real, exclude: rules}, nil
}

func openError(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return kb.Wrap(kb.NotFound, err, "There is no folder %s. Check the path.", dir)
	}
	return kb.Wrap(kb.Invalid, err, "The folder %s cannot be opened: %s.", dir, Reason(err))
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// ErrTooLarge is the error of a file that exceeds the limit of Read.
var ErrTooLarge = errors.New("file too large")

// Read returns the content of a file, at most limit bytes: a larger one is
// ErrTooLarge and is not read.
func (f *Folder) Read(name string, limit int64) (data []byte, err error) {
	file, err := f.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", name)
	}
	if info.Size() > limit {
		return nil, ErrTooLarge
	}
	data = make([]byte, 0, info.Size()+512)
	for {
		n, err := file.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if int64(len(data)) > limit { // it grew
			return nil, ErrTooLarge
		}
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}

// Reason is what the system says of a failed operation on a file, without the
// path.
func Reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
