package source_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/source"
	"github.com/askdesk/askdesk/kb"
)

// tree makes files in a new folder: "path" or "path=content"; "path->target" is
// a symbolic link.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		if link, target, ok := strings.Cut(f, "->"); ok {
			full := filepath.Join(dir, link)
			require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
			require.NoError(t, os.Symlink(target, full))
			continue
		}
		name, content, _ := strings.Cut(f, "=")
		full := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
		require.NoError(t, os.WriteFile(full, []byte(content), 0o644))
	}
	return dir
}

func open(t *testing.T, dir string, exclude ...string) *source.Folder {
	t.Helper()
	f, err := source.Open(dir, exclude)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func walk(t *testing.T, f *source.Folder, scopes ...string) (paths []string, notes map[string]string) {
	t.Helper()
	list, err := f.Walk(t.Context(), scopes...)
	require.NoError(t, err)
	for _, f := range list.Files {
		paths = append(paths, f.Path)
	}
	notes = map[string]string{}
	for _, n := range list.Notes {
		notes[n.Path] = n.Reason
	}
	return paths, notes
}

func TestOrderIsThatOfBytes(t *testing.T) {
	paths, notes := walk(t, open(t, tree(t, "b.md", "a/x.md", "a.md", "a-b/y.md", "B.md", "a/sub/z.md", "ä.md", "a\nb.md")))
	require.Empty(t, notes)
	require.True(t, slices.IsSorted(paths), paths)
	require.Len(t, paths, 8)
}

func TestDefaultsLeaveOutWhatIsNoDocument(t *testing.T) {
	dir := tree(t, "a.md", ".git/config", ".hidden.md", "node_modules/x/readme.md", "sub/.svn/x", "sub/CVS/x", "sub/b.md", "node_modules.md")
	paths, notes := walk(t, open(t, dir))
	require.Empty(t, notes)
	require.Equal(t, []string{"a.md", "node_modules.md", "sub/b.md"}, paths)

	paths, _ = walk(t, open(t, dir, "*", "!*/", "!*.md"))
	require.Equal(t, []string{"a.md", "node_modules.md", "sub/b.md"}, paths, "the usual list of what to take")

	paths, _ = walk(t, open(t, dir, "!.hidden.md", "sub/"))
	require.Equal(t, []string{".hidden.md", "a.md", "node_modules.md"}, paths)
}

func TestExcludes(t *testing.T) {
	dir := tree(t, "a.md", "a.txt", "drafts/b.md", "drafts/keep.md", "x/drafts/c.md", "x/y/d.md", "x/y/z/e.md",
		"x/.askdeskignore=# ours\n*.md\n!d.md\n", "x/y/.askdeskignore=/z\n", "[a].md", "a b.md")
	tests := map[string]struct {
		exclude []string
		want    []string
	}{
		"by extension":  {[]string{"*.md"}, []string{"a.txt"}},
		"folder":        {[]string{"drafts/"}, []string{"[a].md", "a b.md", "a.md", "a.txt", "x/y/d.md"}},
		"anchored":      {[]string{"/drafts", "/x"}, []string{"[a].md", "a b.md", "a.md", "a.txt"}},
		"negated":       {[]string{"drafts/*", "!keep.md", "x"}, []string{"[a].md", "a b.md", "a.md", "a.txt", "drafts/keep.md"}},
		"parent is out": {[]string{"drafts", "!drafts/keep.md", "x"}, []string{"[a].md", "a b.md", "a.md", "a.txt"}},
		"two stars":     {[]string{"x/**/*.md", "**/b.md", "drafts/**"}, []string{"[a].md", "a b.md", "a.md", "a.txt"}},
		"escapes":       {[]string{`\[a\].md`, `a\ b.md`, "drafts", "x", " ", ""}, []string{"a.md", "a.txt"}},
		"classes":       {[]string{"[!a].md", "a?b.md", "drafts", "x"}, []string{"[a].md", "a.md", "a.txt"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			paths, notes := walk(t, open(t, dir, tt.exclude...))
			require.Empty(t, notes)
			require.Equal(t, tt.want, paths)
		})
	}
	_, err := source.Open(dir, []string{"ok", "[bad"})
	require.Equal(t, kb.Invalid, kb.CodeOf(err))
	require.ErrorContains(t, err, "line 2")
}

// Git itself is the judge of what random patterns mean.
func TestExcludesAgreeWithGit(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: install it to compare ignore files with git's own")
	}
	names := []string{"a", "b", "ab", "a.md", "b.md", "c"}
	patterns := []string{"a", "*.md", "/a", "a/", "a/b", "**/b", "a/**", "a/**/b.md", "?b", "[ab].md", "[!a].md", "*", "b/*", `\a`, "c/", "/*/b", "*b*"}
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		pick := func(from []string) string { return from[rnd.IntN(len(from))] }
		var files []string
		have := map[string]bool{}
		for range 30 {
			name := pick(names)
			for range rnd.IntN(4) {
				name += "/" + pick(names)
			}
			if !have[name] && !slices.ContainsFunc(files, func(f string) bool {
				return strings.HasPrefix(f, name+"/") || strings.HasPrefix(name, f+"/")
			}) {
				have[name] = true
				files = append(files, name)
			}
		}
		dir := tree(t, files...)
		for _, at := range []string{".", filepath.Dir(pick(files))} {
			var lines []string
			for range 1 + rnd.IntN(4) {
				lines = append(lines, pick([]string{"", "", "!"})+pick(patterns))
			}
			for _, name := range []string{".gitignore", source.IgnoreFile} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, at, name), []byte(strings.Join(lines, "\n")), 0o644))
			}
		}
		require.NoError(t, exec.Command(git, "init", "-q", dir).Run())
		cmd := exec.Command(git, "-C", dir, "-c", "core.excludesFile=", "ls-files", "--others", "--exclude-standard", "-z")
		out, err := cmd.Output()
		require.NoError(t, err)
		want := []string{}
		for name := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
			if base := filepath.Base(string(name)); len(name) > 0 && base[0] != '.' || base == "." {
				want = append(want, string(name))
			}
		}
		want = slices.DeleteFunc(want, func(s string) bool { return s == "" })
		slices.Sort(want)
		got, _ := walk(t, open(t, dir))
		require.Equal(t, want, append([]string{}, got...), "seed %d", seed)
	}
}

func TestABadIgnoreFileStopsItsFolderAndNoMore(t *testing.T) {
	paths, notes := walk(t, open(t, tree(t, "a.md", "x/.askdeskignore=ok\n[bad\n", "x/b.md", "y/c.md")))
	require.Equal(t, []string{"a.md", "y/c.md"}, paths)
	require.Contains(t, notes["x/"], "line 2")

	f := open(t, tree(t, ".askdeskignore=[", "a.md"))
	_, err := f.Walk(t.Context())
	require.Equal(t, kb.Invalid, kb.CodeOf(err))
}

func TestLinks(t *testing.T) {
	outside := tree(t, "secret.md=secret")
	dir := tree(t, "a.md", "sub/b.md", "sub/loop->..", "sub/self->self", "gone->nowhere", "odd->a.md/x", "copy.md->a.md", "dir->sub",
		"out.md->"+filepath.Join(outside, "secret.md"), "up->../..", "etc->/etc",
		"..data->.v1", ".v1/conf.md=conf", ".v1/again->../.v1", ".v1/deep/d.md", "conf.md->..data/conf.md", "all->..data", "drafts/x.md", "draft.md->drafts/x.md")
	f := open(t, dir, "drafts/")
	list, err := f.Walk(t.Context())
	require.NoError(t, err)
	var paths []string
	for _, f := range list.Files {
		paths = append(paths, f.Path)
	}
	require.Equal(t, []string{"a.md", "all/conf.md", "all/deep/d.md", "conf.md", "sub/b.md"}, paths)
	notes := map[string]string{}
	for _, n := range list.Notes {
		notes[n.Path] = n.Reason
		require.Equal(t, n.Path == "gone" || n.Path == "odd", n.Failed, n.Path)
	}
	for name, reason := range map[string]string{
		"sub/loop": "back to a folder", "sub/self": "circle", "gone": "not there", "odd": "followed: not a directory", "copy.md": "link to a.md", "dir": "link to sub",
		"out.md": "outside", "up": "outside", "etc": "outside", "all/again": "back to a folder", "draft.md": "link to drafts/x.md",
	} {
		require.Contains(t, notes[name], reason, name)
	}
	require.Len(t, notes, 11)

	data, err := f.Read("conf.md", 100)
	require.NoError(t, err)
	require.Equal(t, "conf", string(data))
}

func TestNothingOutsideIsRead(t *testing.T) {
	outside := tree(t, "secret.md=secret")
	dir := tree(t, "a.md", "link->"+outside, "rel->../"+filepath.Base(outside))
	f := open(t, dir)
	for _, name := range []string{"../" + filepath.Base(outside) + "/secret.md", filepath.Join(outside, "secret.md"), "link/secret.md", "rel/secret.md", "a.md/../../x", "", "."} {
		_, err := f.Read(name, 100)
		require.Error(t, err, name)
	}
}

func TestReadStopsAtTheLimit(t *testing.T) {
	f := open(t, tree(t, "a=0123456789"))
	data, err := f.Read("a", 10)
	require.NoError(t, err)
	require.Equal(t, "0123456789", string(data))
	_, err = f.Read("a", 9)
	require.ErrorIs(t, err, source.ErrTooLarge)
}

func TestOddEntries(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("file names of any bytes: Linux only")
	}
	dir := tree(t, "a.md", "bad\xff.md", strings.Repeat("x", 250)+".md", "shut/b.md")
	require.NoError(t, exec.Command("mkfifo", filepath.Join(dir, "pipe.md")).Run())
	paths, notes := walk(t, open(t, dir))
	require.Contains(t, paths, strings.Repeat("x", 250)+".md")
	require.Contains(t, notes["bad\xff.md"], "UTF-8")
	require.Contains(t, notes["pipe.md"], "regular")
	if os.Getuid() == 0 {
		return // root may open everything
	}
	require.NoError(t, os.Chmod(filepath.Join(dir, "shut"), 0))
	defer func() { require.NoError(t, os.Chmod(filepath.Join(dir, "shut"), 0o755)) }()
	_, notes = walk(t, open(t, dir))
	require.Contains(t, notes["shut/"], "permission denied")
}

func TestScopes(t *testing.T) {
	dir := tree(t, ".askdeskignore=draft.md", "a.md", "a.md.meta.yaml", "b.md", "sub/c.md", "sub/draft.md", "subway/d.md", ".hid/e.md")
	f := open(t, dir)
	paths, notes := walk(t, f, "a.md", "sub")
	require.Equal(t, []string{"a.md", "sub/c.md"}, paths)
	require.Empty(t, notes)
	list, err := f.Walk(t.Context(), "a.md")
	require.NoError(t, err)
	require.Equal(t, "a.md.meta.yaml", list.Files[0].Meta)

	paths, notes = walk(t, f, "sub/draft.md", ".hid")
	require.Empty(t, paths)
	require.Contains(t, notes["sub/draft.md"], "left out")
	require.Contains(t, notes[".hid"], "left out")
}

func TestSidecars(t *testing.T) {
	f := open(t, tree(t, "a.md", "a.md.meta.yaml", "b.pdf", "b.pdf.meta.yml", "b.pdf.meta.yaml", "gone.md.meta.yaml", "sub/.meta.yaml", "c.meta.yaml.md"))
	list, err := f.Walk(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Files, 3)
	require.Equal(t, "a.md.meta.yaml", list.Files[0].Meta)
	require.Equal(t, "b.pdf.meta.yaml", list.Files[1].Meta)
	require.Empty(t, list.Files[2].Meta)
	require.Len(t, list.Notes, 2)
	for _, n := range list.Notes {
		require.False(t, n.Failed)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := tree(t, "file")
	_, err := source.Open(filepath.Join(dir, "nowhere"), nil)
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
	_, err = source.Open(filepath.Join(dir, "file"), nil)
	require.Equal(t, kb.Invalid, kb.CodeOf(err))
}

func TestWalkStops(t *testing.T) {
	f := open(t, tree(t, "a.md"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Walk(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func BenchmarkWalk(b *testing.B) {
	dir := b.TempDir()
	for i := range 100 {
		sub := filepath.Join(dir, fmt.Sprintf("folder-%d", i))
		require.NoError(b, os.MkdirAll(sub, 0o755))
		for j := range 50 {
			require.NoError(b, os.WriteFile(filepath.Join(sub, fmt.Sprintf("file-%d.md", j)), nil, 0o644))
		}
	}
	f, err := source.Open(dir, []string{"*.tmp", "/drafts/"})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, f.Close()) })
	for b.Loop() {
		list, err := f.Walk(b.Context())
		require.NoError(b, err)
		require.Len(b, list.Files, 5000)
	}
}
