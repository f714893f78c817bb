package prompts

import (
	"embed"
	"io/fs"
	"maps"
	"slices"

	"github.com/askdesk/askdesk/prompts/files"
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

// build makes a set of the built-in files and a team's own. A bad file of the
// team's leaves what last good had of that name, or the built-in one.
func build(own files.Tree, last *Set) (*Set, []Problem) {
	base, problems := files.Read(builtIn())
	s := &Set{prompts: map[string]*prompt{}, styles: map[string]map[string]*styleFile{}, broken: map[string]map[string]Problem{}}
	plain := map[string]map[string]*styleFile{} // built-in only
	for _, kind := range files.Kinds {
		s.styles[kind], plain[kind], s.broken[kind] = map[string]*styleFile{}, map[string]*styleFile{}, map[string]Problem{}
		for _, name := range slices.Sorted(maps.Keys(base.Styles[kind])) {
			f, err := parseStyle(kind, base.Styles[kind][name])
			if err != nil {
				problems = append(problems, files.ProblemOf(err, name))
				continue
			}
			s.styles[kind][name], plain[kind][name] = f, f
		}
		for _, name := range slices.Sorted(maps.Keys(own.Styles[kind])) {
			f, err := parseStyle(kind, own.Styles[kind][name])
			if err != nil {
				problem := files.ProblemOf(err, name)
				problems = append(problems, problem)
				if f = last.style(kind, name); f == nil {
					if s.styles[kind][name] == nil {
						s.broken[kind][name] = problem
					}
					continue
				}
			}
			s.styles[kind][name] = f
		}
	}
	all := files.Parts{Prompts: merge(base.Prompts, own.Prompts), Partials: merge(base.Partials, own.Partials), Examples: merge(base.Examples, own.Examples)}
	for _, name := range slices.Sorted(maps.Keys(all.Prompts)) {
		p, err := compile(name, all, s.styles)
		if err != nil {
			problems = append(problems, files.ProblemOf(err, name))
			if p = last.good(name); p == nil {
				p, err = compile(name, base.Parts, plain)
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

func merge(base, own map[string]files.File) map[string]files.File {
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
