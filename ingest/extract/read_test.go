package extract

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

var update = flag.Bool("update", false, "write the golden files anew")

func read(t *testing.T, name string, data []byte) Document {
	t.Helper()
	d, err := New(Options{}).Read(context.Background(), Input{Path: name, Data: data})
	require.NoError(t, err)
	check(t, d)
	return d
}

// check holds for every document, whatever the file was.
func check(t *testing.T, d Document) {
	t.Helper()
	require.NotEmpty(t, d.Title)
	require.NotEmpty(t, d.Text)
	require.True(t, utf8.ValidString(d.Text), "valid UTF-8")
	require.NotContains(t, d.Text, "\r")
	for i, p := range d.Pages {
		require.GreaterOrEqual(t, p.Start, 0)
		require.Less(t, p.Start, len(d.Text))
		require.True(t, utf8.RuneStart(d.Text[p.Start]))
		if i == 0 {
			require.Zero(t, p.Start)
			continue
		}
		require.Greater(t, p.Start, d.Pages[i-1].Start)
		require.Greater(t, p.Number, d.Pages[i-1].Number)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".md")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestTextFormats(t *testing.T) {
	for name, want := range map[string]Document{
		"guide.md": {Title: "Reset your password", Language: "en", Format: "markdown", Meta: Meta{
			Title: "Reset your password", Updated: day(2026, 3, 14), Audience: kb.Public, Product: "Lumina", Version: "1.10",
			Tags: []string{"sign-in", "passwords"}, Language: "en",
		}},
		"tabs.mdx":   {Title: "Install the agent", Language: "en", Format: "mdx", Meta: Meta{Title: "Install the agent"}},
		"notes.txt":  {Title: "Lumina release notes", Format: "text"},
		"page.html":  {Title: "Refunds", Language: "en", Format: "html", Meta: Meta{URL: "https://help.lumina.example/refunds/"}},
		"manual.rst": {Title: "Backups", Format: "rst"},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", "docs", name))
			require.NoError(t, err)
			got := read(t, "folder/"+name, data)
			require.Equal(t, want.Title, got.Title)
			require.Equal(t, want.Meta, got.Meta)
			require.Equal(t, want.Format, got.Format)
			if want.Language != "" {
				require.Equal(t, want.Language, got.Language)
			}
			golden(t, name, got.Text)
		})
	}
}

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

func TestBadInput(t *testing.T) {
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"
	for name, c := range map[string]struct {
		path, data string
		code       kb.Code
		words      string
	}{
		"empty":              {"a.md", "", kb.Invalid, "a.md is empty."},
		"only spaces":        {"a.txt", " \n\t\n", kb.Invalid, "is empty"},
		"only marks":         {"a.md", "---\n\n***\n", kb.Invalid, "holds no text to read"},
		"a zero byte":        {"a.txt", "some\x00text", kb.Unsupported, "binary data"},
		"control characters": {"a.md", strings.Repeat("\x01\x02\x03a", 50), kb.Unsupported, "binary data"},
		"a picture as PDF":   {"b.pdf", png, kb.Unsupported, "b.pdf holds a picture (PNG), not what its extension says"},
		"a picture as text":  {"b.md", png, kb.Unsupported, "a picture (PNG)"},
		"text as PDF":        {"b.pdf", "only text", kb.Invalid, "holds no PDF"},
		"text as DOCX":       {"b.docx", "only text", kb.Invalid, "holds no DOCX"},
		"a zip as DOCX":      {"b.docx", "PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00aPK\x05\x06\x00", kb.Unsupported, "a ZIP file"},
		"data":               {"c.json", `{"a": 1}`, kb.Unsupported, "c.json is data, not a document"},
		"a table":            {"c.csv", "a,b\n1,2\n", kb.Unsupported, "table of data"},
		"no extension":       {"Makefile", "all:\n\techo\n", kb.Unsupported, "no extension"},
		"wrong audience":     {"d.md", "---\naudience: everyone\n---\nText", kb.Invalid, `d.md: the metadata key "audience" is "everyone", but must be public or agent`},
		"wrong date":         {"d.md", "---\nlastmod: soon\n---\nText", kb.Invalid, `key "lastmod" is "soon", but must be a date like 2026-04-30`},
		"no worker":          {"e.pdf", "%PDF-1.7\n", kb.Unavailable, "no reading process"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Options{}).Read(context.Background(), Input{Path: c.path, Data: []byte(c.data)})
			require.Error(t, err)
			require.Equal(t, c.code, kb.CodeOf(err), err)
			require.Contains(t, kb.MessageOf(err), c.words)
		})
	}
}

func TestSizes(t *testing.T) {
	_, err := New(Options{MaxBytes: 10}).Read(context.Background(), Input{Path: "a.md", Data: []byte("twelve bytes")})
	require.Equal(t, kb.TooLarge, kb.CodeOf(err))
	require.Contains(t, err.Error(), "a.md is larger than 10 bytes")
	_, err = New(Options{MaxText: 10}).Read(context.Background(), Input{Path: "a.md", Data: []byte("twelve bytes")})
	require.Equal(t, kb.TooLarge, kb.CodeOf(err))
}

func TestContentDecidesWhereItIsPlain(t *testing.T) {
	for name, c := range map[string]struct{ path, data, format string }{
		"a page named .txt":        {"a.txt", "<!doctype html><title>T</title><p>Hello there", "html"},
		"a page named .pdf":        {"a.pdf", "<html><body><p>Please sign in", "html"},
		"Markdown that has a tag":  {"a.md", "<h1 align=\"center\">Title</h1>\n\nText", "markdown"},
		"a readme":                 {"docs/README", "Read this", "text"},
		"XHTML":                    {"a.html", "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"x\"><html><body>Hello", "html"},
		"UTF-16 with a mark":       {"a.txt", "\xff\xfeH\x00i\x00", "text"},
		"UTF-16 without a mark":    {"a.txt", "H\x00e\x00l\x00l\x00o\x00 \x00y\x00o\x00u\x00", "text"},
		"a page in UTF-16":         {"a.html", "\xfe\xff\x00<\x00h\x00t\x00m\x00l\x00>\x00H\x00i", "html"},
		"upper case in extensions": {"A.MD", "# Hi", "markdown"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.format, read(t, c.path, []byte(c.data)).Format)
		})
	}
}

func TestEncodings(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"UTF-8 with a mark": {"\xef\xbb\xbfKündigung", "Kündigung\n"},
		"Windows-1252":      {"K\xfcndigung \x96 \x80 5", "Kündigung – € 5\n"},
		"UTF-16 LE":         {"\xff\xfeK\x00\xfc\x00n\x00", "Kün\n"},
		"UTF-16 BE":         {"\xfe\xff\x00K\x00\xfc\x00n", "Kün\n"},
		"damaged UTF-8":     {"Kündigung über Ärger\xff und so", "Kündigung über Ärger\uFFFD und so\n"},
		"odd line ends":     {"a\r\nb\rc\u2028d\fe", "a\nb\nc\nd\n\ne\n"},
		"odd characters":    {"soft\u00adhyphen zero\u200bwidth no\u00a0break", "softhyphen zerowidth no break\n"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, read(t, "a.txt", []byte(c.data)).Text)
		})
	}
}

func TestTitles(t *testing.T) {
	for name, c := range map[string]struct{ path, data, want string }{
		"front matter":     {"a.md", "---\ntitle: Front\n---\n# Head\n", "Front"},
		"first heading":    {"a.md", "Intro\n\n# Head `code` [link](https://x.example)\n", "Head code link"},
		"only one heading": {"a.md", "## Only\n\ntext\n", "Only"},
		"file name":        {"docs/010_first-steps.md", "## One\n\n## Two\n", "First steps"},
		"version in name":  {"v1.2-notes.txt", "text", "V1.2 notes"},
		"page title":       {"a.html", "<html><title>Page</title><body><p>text", "Page"},
		"page heading":     {"a.html", "<html><title>Head | Site</title><body><h1>Head</h1><p>text", "Head"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, read(t, c.path, []byte(c.data)).Title)
		})
	}
}

func TestFrontMatterThatIsNone(t *testing.T) {
	for name, c := range map[string]struct{ data, text string }{
		"a line":           {"---\nJust a text between lines.\n---\nMore", "Just a text between lines.\n\nMore\n"},
		"never closed":     {"---\ntitle: x\nMore", "---\ntitle: x\nMore\n"},
		"not at the start": {"Text\n\n---\na: b\n---\n", "Text\n\n---\n## a: b\n"},
	} {
		t.Run(name, func(t *testing.T) {
			d := read(t, "a.md", []byte(c.data))
			require.Equal(t, Meta{}, d.Meta)
			if name != "a line" {
				require.Equal(t, c.text, d.Text)
			}
			require.Contains(t, d.Text, strings.Split(c.text, "\n")[0])
		})
	}
	d := read(t, "a.md", []byte("---\ntitle: Broken: YAML\ntags: [a, b\n---\nText"))
	require.Equal(t, "Broken: YAML", d.Title)
	require.Equal(t, []string{"a", "b"}, d.Meta.Tags)
	require.Len(t, d.Warnings, 1)
	require.Equal(t, "Text\n", d.Text)
	d = read(t, "a.md", []byte("---\nurl: /about/\n---\nText"))
	require.Empty(t, d.Meta.URL)
	require.Len(t, d.Warnings, 1)
}

// A golden file that changes means that files are read differently, which the
// fingerprint must say: -update writes it only together with a new one.
func TestFingerprintFollowsTheGoldenFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*.md"))
	require.NoError(t, err)
	h := sha256.New()
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		fmt.Fprintf(h, "%s %d\n%s", filepath.Base(name), len(data), data)
	}
	record := filepath.Join("testdata", "golden", "fingerprint.txt")
	old, _ := os.ReadFile(record)
	version, _, _ := strings.Cut(string(old), " ")
	now := fmt.Sprintf("%s %x\n", Fingerprint(), h.Sum(nil))
	if *update && version != Fingerprint() {
		require.NoError(t, os.WriteFile(record, []byte(now), 0o644))
		return
	}
	require.Equal(t, string(old), now, "golden files changed: give Fingerprint a new number, then run the tests with -update")
}

func TestSupported(t *testing.T) {
	for _, name := range []string{"a.md", "b/c.MDX", "x.html", "x.htm", "x.rst", "x.txt", "x.pdf", "x.docx", "README"} {
		require.Empty(t, Unsupported(name), name)
	}
	for _, name := range []string{"a.json", "a.jsonl", "a.csv", "a.png", "a.doc", "Makefile", "a.md.meta.yaml", ""} {
		require.NotEmpty(t, Unsupported(name), name)
		require.True(t, strings.HasSuffix(Unsupported(name), "."), Unsupported(name))
	}
}
