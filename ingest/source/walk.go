package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/askdesk/askdesk/kb"
)

// Listing is what a walk found.
type Listing struct {
	Files []File // in byte order of their paths
	Notes []Note // in the order they were met
}

// Walk lists what lies in the scopes, slash paths from the folder of files or
// folders; none means all of it. Hidden files, version control, node_modules and
// what ignore files exclude are left out without a note, unless they are a scope.
func (f *Folder) Walk(ctx context.Context, scopes ...string) (Listing, error) {
	if len(scopes) == 0 {
		scopes = []string{"."}
	}
	w := &walker{Folder: f, scopes: map[string]bool{}, leads: map[string]bool{}, met: map[string]bool{".": true}}
	for _, s := range scopes {
		w.scopes[s] = true
		for above := path.Dir(s); !w.leads[above]; above = path.Dir(above) {
			w.leads[above] = true
		}
	}
	if err := w.folder(ctx, ".", nil, []string{"."}); err != nil {
		return Listing{}, err
	}
	for _, s := range scopes {
		if !w.met[s] {
			w.note(s, false, "it is left out: hidden, or excluded by a pattern or an %s file; --exclude '!%s' takes it in", IgnoreFile, path.Base(s))
		}
	}
	w.pair()
	return w.Listing, nil
}

type walker struct {
	*Folder
	Listing
	scopes map[string]bool
	leads  map[string]bool // folders above a scope
	met    map[string]bool // scopes that were reached
}

// inScope reports whether a path is, or lies in, a scope. A sidecar comes along
// with the file it describes.
func (w *walker) inScope(name string) bool {
	if w.scopes[described(name)] {
		return true
	}
	for ; !w.scopes[name]; name = path.Dir(name) {
		if name == "." {
			return false
		}
	}
	return true
}

// folder walks the folder name. Chain are the folders it was reached through,
// without symbolic links.
func (w *walker) folder(ctx context.Context, name string, rules []rule, chain []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := w.entries(name)
	if err == nil {
		rules, err = w.ownRules(name, rules, entries)
	}
	if err != nil {
		if name == "." {
			return kb.Wrap(kb.Invalid, err, "The folder %s cannot be read: %s.", w.path, Reason(err))
		}
		w.note(name+"/", true, "the folder cannot be read: %s", Reason(err))
		return nil
	}
	for _, e := range entries {
		if err := w.entry(ctx, path.Join(name, e.Name()), e, rules, chain); err != nil {
			return err
		}
	}
	return nil
}

// entries lists a folder in the byte order of the paths below it.
func (w *walker) entries(name string) ([]fs.DirEntry, error) {
	dir, err := w.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	entries, err := dir.ReadDir(-1)
	if err := errors.Join(err, dir.Close()); err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(sortKey(a), sortKey(b)) })
	return entries, nil
}

func sortKey(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

// ownRules adds the rules of the folder's ignore file, if it has one.
func (w *walker) ownRules(name string, rules []rule, entries []fs.DirEntry) ([]rule, error) {
	if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == IgnoreFile }) {
		return rules, nil
	}
	const limit = 1 << 20
	data, err := w.Read(path.Join(name, IgnoreFile), limit)
	if err == nil {
		base := name
		if name == "." {
			base = ""
		}
		var own []rule
		if own, err = parseRules(base, strings.Split(string(data), "\n")); err == nil {
			return append(slices.Clip(rules), own...), nil
		}
	}
	// Without it, something private could be read.
	return nil, errors.New("its " + IgnoreFile + " cannot be used: " + Reason(err))
}

func (w *walker) entry(ctx context.Context, name string, e fs.DirEntry, rules []rule, chain []string) error {
	in := w.inScope(name)
	if !in && !w.leads[name] {
		return nil
	}
	if judge(name, e.IsDir(), rules, w.exclude) != taken {
		return nil
	}
	if w.scopes[name] {
		w.met[name] = true
	}
	switch {
	case !utf8.ValidString(name):
		w.note(name, true, "its name is not valid UTF-8: rename it")
	case e.IsDir():
		return w.folder(ctx, name, rules, append(slices.Clip(chain), path.Join(chain[len(chain)-1], e.Name())))
	case e.Type()&fs.ModeSymlink != 0:
		return w.link(ctx, name, rules, chain)
	case !e.Type().IsRegular():
		w.note(name, false, "it is no regular file")
	case in:
		info, err := e.Info()
		if err != nil {
			w.note(name, true, "it cannot be read: %s", Reason(err))
			return nil
		}
		w.Files = append(w.Files, File{Path: name, Size: info.Size()})
	}
	return nil
}

// link follows a symbolic link where its target lies in the folder and is not
// met under its own name: behind a hidden one, as in a mounted configuration.
func (w *walker) link(ctx context.Context, name string, rules []rule, chain []string) error {
	full, err := resolve(filepath.Join(w.path, filepath.FromSlash(name)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.note(name, true, "it is a link to something that is not there")
		return nil
	case errors.Is(err, syscall.ELOOP):
		w.note(name, false, "it is a link that goes round in a circle")
		return nil
	case err != nil:
		w.note(name, true, "it is a link that cannot be followed: %s", Reason(err))
		return nil
	}
	rel, err := filepath.Rel(w.path, full)
	target := filepath.ToSlash(rel)
	if err != nil || !filepath.IsLocal(rel) {
		w.note(name, false, "it is a link to a place outside the folder")
		return nil
	}
	info, err := w.root.Stat(filepath.FromSlash(name))
	switch {
	case err != nil:
		w.note(name, false, "it is a link that cannot be followed: %s", Reason(err))
	case slices.Contains(chain, target):
		w.note(name, false, "it is a link back to a folder that it lies in")
	case !w.unseen(rules, target, info.IsDir()):
		w.note(name, false, "it is a link to %s in the same folder", target)
	case info.IsDir():
		return w.folder(ctx, name, rules, append(slices.Clip(chain), target))
	case info.Mode().IsRegular():
		if w.inScope(name) {
			w.Files = append(w.Files, File{Path: name, Size: info.Size()})
		}
	default:
		w.note(name, false, "it is no regular file")
	}
	return nil
}

// resolve is a path without links. The system's own error comes first: that of
// EvalSymlinks does not tell a circle from the rest.
func resolve(path string) (string, error) {
	if _, err := os.Stat(path); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// unseen reports whether a walk would not meet the path, and by no one's choice.
func (w *walker) unseen(rules []rule, name string, folder bool) bool {
	parts := strings.Split(name, "/")
	for i := range parts {
		above := i < len(parts)-1
		if f := judge(strings.Join(parts[:i+1], "/"), folder || above, rules, w.exclude); f != taken {
			return f == unseen
		}
	}
	return false
}

func (w *walker) note(name string, failed bool, format string, args ...any) {
	w.Notes = append(w.Notes, Note{Path: name, Reason: fmt.Sprintf(format, args...), Failed: failed})
}

// pair takes the sidecars out of the files and ties each to its document.
func (w *walker) pair() {
	sort := func(f File, name string) int { return strings.Compare(f.Path, name) }
	files := w.Files[:0:0]
	slices.SortFunc(w.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	index := slices.DeleteFunc(slices.Clone(w.Files), func(f File) bool { return described(f.Path) != "" })
	side := map[string]string{}
	for _, f := range w.Files {
		of := described(f.Path)
		if of == "" {
			files = append(files, f)
			continue
		}
		_, found := slices.BinarySearchFunc(index, of, sort)
		switch {
		case !found:
			w.note(f.Path, false, "it describes %s, which is not here", path.Base(of))
		case side[of] != "":
			w.note(f.Path, false, "%s describes the same file", path.Base(side[of]))
		default:
			side[of] = f.Path
		}
	}
	for i := range files {
		files[i].Meta = side[files[i].Path]
	}
	w.Files = files
}

// described is the path of the file that a sidecar describes, "" for other files.
func described(name string) string {
	for _, ext := range Sidecars {
		if of, ok := strings.CutSuffix(name, ext); ok && of != "" && !strings.HasSuffix(of, "/") {
			return of
		}
	}
	return ""
}
