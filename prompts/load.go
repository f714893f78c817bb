package prompts

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed library
var library embed.FS

// builtIn is the file system of the embedded files: prompts/ and styles/.
func builtIn() fs.FS {
	sub, err := fs.Sub(library, "library")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	return sub
}

// maxFile bounds a prompt or style file, in bytes.
const maxFile = 256 << 10

// The endings of the files in prompts/.
const (
	promptExt   = ".prompt"
	partialExt  = ".partial"
	examplesExt = ".examples.yaml"
	styleExt    = ".yaml"
)

// tree is what lies in one folder: prompts/ and styles/KIND/, by name.
type tree struct {
	parts
	styles map[string]map[string]file
}

func newTree() tree {
	t := tree{parts{map[string]file{}, map[string]file{}, map[string]file{}}, map[string]map[string]file{}}
	for _, kind := range styleKinds {
		t.styles[kind] = map[string]file{}
	}
	return t
}

// readTree reads a folder. What cannot be read or named is a problem and left out.
func readTree(root fs.FS) (tree, []Problem) {
	t := newTree()
	var problems []Problem
	folder := func(dir string, into map[string]map[string]file) {
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
				problems = append(problems, problemOf(err, path.Join(dir, e.Name())))
			}
		}
	}
	folder("prompts", map[string]map[string]file{promptExt: t.prompts, partialExt: t.partials, examplesExt: t.examples})
	for _, kind := range styleKinds {
		folder("styles/"+kind, map[string]map[string]file{styleExt: t.styles[kind]})
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
		if !slices.Contains(styleKinds, e.Name()) && (e.IsDir() || !ignored(e)) {
			problems = append(problems, Problem{File: "styles/" + e.Name(),
				Reason: "is read by nobody" + didYouMean(e.Name(), styleKinds) + ": styles lie in " + strings.Join(styleKinds, ", ")})
		}
	}
	return problems
}

// ignored are folders, hidden files, editors' copies and notes.
func ignored(e fs.DirEntry) bool {
	n := e.Name()
	return e.IsDir() || strings.HasPrefix(n, ".") || strings.HasSuffix(n, "~") || strings.HasPrefix(n, "README")
}

func readFile(root fs.FS, name string) (file, error) {
	f := file{name: name}
	info, err := fs.Stat(root, name)
	switch {
	case err != nil || !info.Mode().IsRegular():
		return f, f.problem(0, "cannot be read")
	case info.Size() > maxFile:
		return f, f.problem(0, "is larger than %d KiB", maxFile>>10)
	}
	if f.data, err = fs.ReadFile(root, name); err != nil {
		return f, f.problem(0, "cannot be read")
	}
	return f, nil
}

func sortIn(f file, into map[string]map[string]file) error {
	for _, ext := range slices.Sorted(maps.Keys(into)) {
		name, ok := strings.CutSuffix(path.Base(f.name), ext)
		if !ok {
			continue
		}
		if !validName.MatchString(name) {
			return f.problem(0, "cannot be named so: use lower-case letters, digits, - and _, starting with a letter")
		}
		into[ext][name] = f
		return nil
	}
	return f.problem(0, "is read by nobody: names here end in %s", strings.Join(slices.Sorted(maps.Keys(into)), ", "))
}

func problemOf(err error, name string) Problem {
	var p *Problem
	if errors.As(err, &p) {
		return *p
	}
	return Problem{File: name, Reason: err.Error()}
}

// build makes a set of the built-in files and a team's own. A bad file of the
// team's leaves what last good had of that name, or the built-in one.
func build(own tree, last *Set) (*Set, []Problem) {
	base, problems := readTree(builtIn())
	s := &Set{prompts: map[string]*prompt{}, styles: map[string]map[string]*styleFile{}}
	plain := map[string]map[string]*styleFile{} // built-in only
	for _, kind := range styleKinds {
		s.styles[kind], plain[kind] = map[string]*styleFile{}, map[string]*styleFile{}
		for _, name := range slices.Sorted(maps.Keys(base.styles[kind])) {
			f, err := parseStyle(kind, base.styles[kind][name])
			if err != nil {
				problems = append(problems, problemOf(err, name))
				continue
			}
			s.styles[kind][name], plain[kind][name] = f, f
		}
		for _, name := range slices.Sorted(maps.Keys(own.styles[kind])) {
			f, err := parseStyle(kind, own.styles[kind][name])
			if err != nil {
				problems = append(problems, problemOf(err, name))
				if f = last.style(kind, name); f == nil {
					continue
				}
			}
			s.styles[kind][name] = f
		}
	}
	all := parts{merge(base.prompts, own.prompts), merge(base.partials, own.partials), merge(base.examples, own.examples)}
	for _, name := range slices.Sorted(maps.Keys(all.prompts)) {
		p, err := compile(name, all, s.styles)
		if err != nil {
			problems = append(problems, problemOf(err, name))
			if p = last.good(name); p == nil {
				p, err = compile(name, base.parts, plain)
			} else {
				err = nil
			}
		}
		if err == nil {
			s.prompts[name] = p
		}
	}
	return s, problems
}

func merge(base, own map[string]file) map[string]file {
	out := maps.Clone(base)
	maps.Copy(out, own)
	return out
}

func (s *Set) style(kind, name string) *styleFile {
	if s == nil {
		return nil
	}
	return s.styles[kind][name]
}

func (s *Set) good(name string) *prompt {
	if s == nil {
		return nil
	}
	return s.prompts[name]
}

// signature changes when a file below root that readTree would read does.
func signature(root fs.FS) string {
	var b strings.Builder
	dirs := []string{"prompts", "styles"}
	for _, kind := range styleKinds {
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
