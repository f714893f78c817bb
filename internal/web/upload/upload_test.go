package upload

import (
	"bytes"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

type part struct{ name, file, value string }

func form(t *testing.T, parts ...part) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		disposition := `form-data; name="` + p.name + `"`
		if p.file != "" {
			disposition += `; filename="` + p.file + `"`
		}
		h.Set("Content-Disposition", disposition)
		pw, err := w.CreatePart(h)
		require.NoError(t, err)
		_, err = pw.Write([]byte(p.value))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	r := httptest.NewRequest(http.MethodPost, "/v1/documents", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func TestReadTakesEveryField(t *testing.T) {
	r := form(t,
		part{name: "kb", value: "help"}, part{name: "source", value: "crm"}, part{name: "path", value: "billing/refunds.md"},
		part{name: "file", file: "refunds.md", value: "# Refunds"},
		part{name: "title", value: " Refunds "}, part{name: "url", value: "https://example.com/r"}, part{name: "audience", value: "public"},
		part{name: "product", value: "Desk"}, part{name: "version", value: "2"}, part{name: "tags", value: "money, refunds"},
		part{name: "language", value: "EN"}, part{name: "updated", value: "2026-01-31"}, part{name: "valid_from", value: "2026-01-31T12:00:00+01:00"},
		part{name: "valid_until", value: ""},
	)
	f, err := Read(httptest.NewRecorder(), r, Limits{Bytes: 1 << 20, Dir: t.TempDir()})
	require.NoError(t, err)
	data, err := io.ReadAll(f.Data)
	require.NoError(t, err)
	require.Equal(t, "# Refunds", string(data))
	require.Equal(t, kb.Document{
		KB: "help", Source: "crm", Path: "billing/refunds.md", Title: "Refunds", URL: "https://example.com/r", Audience: kb.Public,
		Product: "Desk", Version: "2", Tags: []string{"money", "refunds"}, Language: "en",
		Updated:   time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC),
		ValidFrom: time.Date(2026, 1, 31, 11, 0, 0, 0, time.UTC),
	}, f.Document)
	require.NoError(t, f.Close())
}

func TestReadUsesTheFileNameWithoutAPath(t *testing.T) {
	f, err := Read(httptest.NewRecorder(), form(t, part{name: "file", file: "a b.md", value: "x"}), Limits{Bytes: 1 << 20, Dir: t.TempDir()})
	require.NoError(t, err)
	require.Equal(t, "a b.md", f.Document.Path)
	require.Equal(t, DefaultSource, f.Document.Source)
	require.Empty(t, f.Document.Audience)
	require.NoError(t, f.Close())
}

func TestReadHoldsNoFileInMemory(t *testing.T) {
	dir, size := t.TempDir(), 32<<20
	r := form(t, part{name: "file", file: "a.md", value: strings.Repeat("x", size)})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := Read(httptest.NewRecorder(), r, Limits{Bytes: int64(size), Dir: dir})
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(size/8))
	n, err := io.Copy(io.Discard, f.Data)
	require.NoError(t, err)
	require.EqualValues(t, size, n)
	require.NoError(t, f.Close())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestReadRefuses(t *testing.T) {
	file := part{name: "file", file: "a.md", value: "x"}
	for name, c := range map[string]struct {
		parts []part
		code  kb.Code
		says  string
	}{
		"no file":          {[]part{{name: "title", value: "x"}}, kb.Invalid, "no file"},
		"two files":        {[]part{file, file}, kb.Invalid, "one file"},
		"an empty file":    {[]part{{name: "file", file: "a.md"}}, kb.Invalid, "empty"},
		"no name":          {[]part{{name: "file", value: "x"}}, kb.Invalid, "no name"},
		"a large file":     {[]part{{name: "file", file: "a.md", value: strings.Repeat("x", 2<<20)}}, kb.TooLarge, "larger than 1 MiB"},
		"a huge form":      {[]part{{name: "file", file: "a.md", value: strings.Repeat("x", 3<<20)}}, kb.TooLarge, "larger than 1 MiB"},
		"a long field":     {[]part{file, {name: "title", value: strings.Repeat("x", 9000)}}, kb.TooLarge, "title"},
		"an unknown field": {[]part{file, {name: "tittle", value: "x"}}, kb.Invalid, "audience, kb, language"},
		"a bad audience":   {[]part{file, {name: "audience", value: "all"}}, kb.Invalid, "public or agent"},
		"a bad time":       {[]part{file, {name: "updated", value: "yesterday"}}, kb.Invalid, "2026-01-31"},
		"a bad url":        {[]part{file, {name: "url", value: "javascript:alert(1)"}}, kb.Invalid, "https://"},
		"a bad language":   {[]part{file, {name: "language", value: "english"}}, kb.Invalid, "two-letter"},
		"a bad source":     {[]part{file, {name: "source", value: "a/b"}}, kb.Invalid, "source"},
		"climbing up":      {[]part{{name: "file", file: "../../etc/passwd", value: "x"}}, kb.Invalid, "inside its source"},
		"climbing a path":  {[]part{file, {name: "path", value: "a/../../b"}}, kb.Invalid, "inside its source"},
		"climbing beside":  {[]part{{name: "path", value: "ok.md"}, {name: "file", file: "../x.md", value: "x"}}, kb.Invalid, "inside its source"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := Read(httptest.NewRecorder(), form(t, c.parts...), Limits{Bytes: 1 << 20, Dir: dir})
			require.Equal(t, c.code, kb.CodeOf(err))
			require.Contains(t, kb.MessageOf(err), c.says)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left, "what was refused is not kept")
		})
	}
}

func TestReadRefusesWhatIsNoForm(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	_, err := Read(httptest.NewRecorder(), r, Limits{Bytes: 1 << 20, Dir: t.TempDir()})
	require.Equal(t, kb.Unsupported, kb.CodeOf(err))

	whole := form(t, part{name: "file", file: "a.md", value: "0123456789"})
	cut := httptest.NewRequest(http.MethodPost, "/", http.MaxBytesReader(nil, whole.Body, 100))
	cut.Header = whole.Header
	_, err = Read(httptest.NewRecorder(), cut, Limits{Bytes: 1 << 20, Dir: t.TempDir()})
	require.Error(t, err)
}

func TestCleanPath(t *testing.T) {
	for _, ok := range []string{"a.md", "a/b/c.md", "über uns.md", "..a", "a...md", "<script>.md", `"x".md`} {
		got, err := CleanPath(ok)
		require.NoError(t, err, ok)
		require.Equal(t, ok, got)
	}
	got, err := CleanPath("u\u0308ber.md")
	require.NoError(t, err)
	require.Equal(t, "über.md", got)
	for _, bad := range []string{
		"", ".", "..", "/etc/passwd", "../x", "a/../x", "a/./x", "a//b", "a/", `a\b`, `..\x`, `C:\x`, "C:x", "a\x00.md", "a\n.md",
		"a\u202egpj.md", "\xff.md", strings.Repeat("x", 513),
	} {
		_, err := CleanPath(bad)
		require.Equal(t, kb.Invalid, kb.CodeOf(err), "%q", bad)
	}
}

func FuzzCleanPath(f *testing.F) {
	for _, s := range []string{"a.md", "../a", "a/b", `\\host\x`, "C:/x", "%2e%2e/x", "a\u0308", "\u2024\u2024/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, err := CleanPath(name)
		if err != nil {
			require.Equal(t, kb.Invalid, kb.CodeOf(err))
			require.True(t, utf8.ValidString(err.Error()))
			return
		}
		require.True(t, fs.ValidPath(got))
		require.True(t, filepath.IsLocal(filepath.FromSlash(got)))
		again, err := CleanPath(got)
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}
