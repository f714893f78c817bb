package ingest

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/kb"
)

// UploadSource is the name of the source of uploaded files, which no folder gets.
const UploadSource = "upload"

// Target is a source, or the part of one that a run is about.
type Target struct {
	Source string
	Root   string   // absolute path of the folder the source's name belongs to
	Scopes []string // slash paths in Root of the files and folders meant; none: all of it
}

// Targets works out which sources files and folders belong to. What lies in the
// folder of a source that exists is a part of that one. Else a folder is a source
// of its own, named like it, and a file a part of the source that its folder is.
// With a name, all paths are parts of the one source of that name, whose root is
// the folder that holds the name already or else the innermost one that they
// share. A name that belongs to another folder is a kb.Conflict.
func Targets(ctx context.Context, sources Sources, base, name string, paths []string) ([]Target, error) {
	roots, err := sources.Roots(ctx, base)
	if err != nil {
		return nil, err
	}
	var out []Target
	for _, path := range paths {
		t, err := targetOf(path)
		if err != nil {
			return nil, err
		}
		if name != "" {
			t.Source = name
		} else {
			t = enclosed(t, roots)
		}
		i := slices.IndexFunc(out, func(o Target) bool { return o.Source == t.Source })
		switch {
		case i < 0:
			out = append(out, t)
		case out[i].Root == t.Root:
			out[i].Scopes = append(out[i].Scopes, t.Scopes...)
		case name == "":
			return nil, kb.Errorf(kb.Conflict, "%s and %s would both be the source %q. Ingest one of them alone with --source NAME.", out[i].Root, t.Root, t.Source)
		default:
			if out[i], err = join(out[i], t); err != nil {
				return nil, err
			}
		}
	}
	for i := range out {
		if err := settle(base, roots, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// enclosed is t as a part of the innermost source that holds its root, or t.
func enclosed(t Target, roots map[string]string) Target {
	best := ""
	for _, name := range slices.Sorted(maps.Keys(roots)) {
		root := roots[name]
		if filepath.IsAbs(root) && inside(root, t.Root) && (best == "" || root != roots[best] && inside(roots[best], root)) {
			best = name
		}
	}
	if best == "" {
		return t
	}
	return Target{Source: best, Root: roots[best], Scopes: rebase(t, roots[best])}
}

func targetOf(path string) (Target, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return Target{}, kb.Wrap(kb.Invalid, err, "%s is no path. Check it.", path)
	}
	info, err := os.Stat(root)
	if err != nil {
		return Target{}, kb.Wrap(kb.NotFound, err, "There is no file or folder %s. Check the path.", path)
	}
	scope := "."
	if !info.IsDir() {
		root, scope = filepath.Dir(root), filepath.Base(root)
	}
	return Target{Source: filepath.Base(root), Root: root, Scopes: []string{scope}}, nil
}

// join makes one target of two with different roots.
func join(a, b Target) (Target, error) {
	root := a.Root
	for !inside(root, b.Root) {
		if up := filepath.Dir(root); up != root {
			root = up
			continue
		}
		return Target{}, kb.Errorf(kb.Conflict, "%s and %s have no folder in common, so they cannot be one source. Give each a name of its own with --source NAME.", a.Root, b.Root)
	}
	if root == filepath.Dir(root) {
		return Target{}, kb.Errorf(kb.Conflict, "%s and %s share nothing but %s, so they cannot be one source. Give each a name of its own with --source NAME.", a.Root, b.Root, root)
	}
	joined := Target{Source: a.Source, Root: root}
	for _, t := range []Target{a, b} {
		joined.Scopes = append(joined.Scopes, rebase(t, root)...)
	}
	return joined, nil
}

func inside(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(rel)
}

// rebase gives t's scopes as seen from root, which t.Root lies in.
func rebase(t Target, root string) []string {
	scopes := make([]string, len(t.Scopes))
	for i, s := range t.Scopes {
		rel, err := filepath.Rel(root, filepath.Join(t.Root, filepath.FromSlash(s)))
		if err != nil {
			rel = "."
		}
		scopes[i] = filepath.ToSlash(rel)
	}
	return scopes
}

// settle checks the name of a source and moves t to the root that holds it.
func settle(base string, roots map[string]string, t *Target) error {
	if err := checkSource(t.Source); err != nil {
		return err
	}
	if held := roots[t.Source]; held != "" && held != t.Root {
		switch {
		case inside(held, t.Root):
			t.Scopes, t.Root = rebase(*t, held), held
		case sameFolder(held, t.Root):
			t.Root = held
		default:
			return kb.Errorf(kb.Conflict, "The source name %q in the knowledge base %q belongs to %s. Give %s a name of its own with --source NAME; or, if that folder has moved here, say so with --source %s --moved.", t.Source, base, held, t.Root, t.Source)
		}
	}
	if slices.Contains(t.Scopes, ".") {
		t.Scopes = nil
	}
	slices.Sort(t.Scopes)
	t.Scopes = slices.Compact(t.Scopes)
	return nil
}

func sameFolder(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

func checkSource(name string) error {
	switch {
	case name == UploadSource:
		return kb.Errorf(kb.Conflict, "The source name %q is kept for uploaded files. Choose another one with --source NAME.", name)
	case name == "" || name == "." || strings.ContainsAny(name, `/\`) || len(name) > 200 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return kb.Errorf(kb.Invalid, "%q cannot name a source. Choose a name without slashes with --source NAME.", name)
	}
	return nil
}
