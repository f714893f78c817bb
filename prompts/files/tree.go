package files

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/kb"
)

// The kinds of styles, by the folder they lie in.
const (
	Tones     = "tones"
	Formats   = "formats"
	Lengths   = "lengths"
	Languages = "languages"
)

// Kinds are the kinds of styles.
var Kinds = []string{Tones, Formats, Lengths, Languages}

// Parts are the files that prompts are compiled from, by name.
type Parts struct{ Prompts, Partials, Examples map[string]File }

// maxFile bounds a prompt or style file, in bytes.
const maxFile = 256 << 10

// The endings of the files in prompts/.
const (
	promptExt   = ".prompt"
	partialExt  = ".partial"
	ExamplesExt = ".examples.yaml"
	styleExt    = ".yaml"
)

// Tree is what lies in one folder: prompts/ and styles/KIND/, by name.
type Tree struct {
	Parts
	Styles map[string]map[string]File // by kind
}

// NewTree is an empty Tree.
func NewTree() Tree {
	t := Tree{Parts{map[string]File{}, map[string]File{}, map[string]File{}}, map[string]map[string]File{}}
	for _, kind := range Kinds {
		t.Styles[kind] = map[string]File{}
	}
	return t
}

// Read reads a folder. What cannot be read or named is a problem and left out.
func Read(root fs.FS) (Tree, []Problem) {
	t := NewTree()
	var problems []Problem
	folder := func(dir string, into map[string]map[string]File) {
		entries, err := fs.ReadDir(root, dir)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				problems = append(problems, Problem{File: dir, Reason: "cannot be read"})
			}
			return
		}
		for _, e := range entries {
			if ignored(e) {
				continue
			}
			f, err := readFile(root, path.Join(dir, e.Name()))
			if err == nil {
				err = sortIn(f, into)
			}
			if err != nil {
				problems = append(problems, ProblemOf(err, path.Join(dir, e.Name())))
			}
		}
	}
	folder("prompts", map[string]map[string]File{promptExt: t.Prompts, partialExt: t.Partials, ExamplesExt: t.Examples})
	for _, kind := range Kinds {
		folder("styles/"+kind, map[string]map[string]File{styleExt: t.Styles[kind]})
	}
	return t, append(problems, strayFolders(root)...)
}

// strayFolders names what lies in styles/ and is read by nobody.
func strayFolders(root fs.FS) (problems []Problem) {
	entries, err := fs.ReadDir(root, "styles")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !slices.Contains(Kinds, e.Name()) && (e.IsDir() || !ignored(e)) {
			problems = append(problems, Problem{File: "styles/" + e.Name(),
				Reason: "is read by nobody" + kb.DidYouMean(e.Name(), Kinds) + ": styles lie in " + strings.Join(Kinds, ", ")})
		}
	}
	return problems
}

// ignored are folders, hidden files, editors' copies and notes.
func ignored(e fs.DirEntry) bool {
	n := e.Name()
	return e.IsDir() || strings.HasPrefix(n, ".") || strings.HasSuffix(n, "~") || strings.HasPrefix(n, "README")
}

func readFile(root fs.FS, name string) (File, error) {
	f := File{Name: name}
	info, err := fs.Stat(root, name)
	switch {
	case err != nil || !info.Mode().IsRegular():
		return f, f.Problem(0, "cannot be read")
	case info.Size() > maxFile:
		return f, f.Problem(0, "is larger than %d KiB", maxFile>>10)
	}
	if f.Data, err = fs.ReadFile(root, name); err != nil {
		return f, f.Problem(0, "cannot be read")
	}
	return f, nil
}

func sortIn(f File, into map[string]map[string]File) error {
	for _, ext := range slices.Sorted(maps.Keys(into)) {
		name, ok := strings.CutSuffix(path.Base(f.Name), ext)
		if !ok {
			continue
		}
		if !validName.MatchString(name) {
			return f.Problem(0, "cannot be named so: use lower-case letters, digits, - and _, starting with a letter")
		}
		into[ext][name] = f
		return nil
	}
	return f.Problem(0, "is read by nobody: names here end in %s", strings.Join(slices.Sorted(maps.Keys(into)), ", "))
}

// Signature changes when a file below root that Read would read does.
func Signature(root fs.FS) string {
	var b strings.Builder
	dirs := []string{"prompts", "styles"}
	for _, kind := range Kinds {
		dirs = append(dirs, "styles/"+kind)
	}
	for _, dir := range dirs {
		entries, err := fs.ReadDir(root, dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if info, err := fs.Stat(root, path.Join(dir, e.Name())); err == nil {
				fmt.Fprintf(&b, "%s/%s %d %d\n", dir, e.Name(), info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return b.String()
}

// ProblemOf is the Problem in err, or one that says what err says of the file name.
func ProblemOf(err error, name string) Problem {
	var p *Problem
	if errors.As(err, &p) {
		return *p
	}
	return Problem{File: name, Reason: err.Error()}
}
