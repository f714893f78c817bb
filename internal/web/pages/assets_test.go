package pages

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"
)

func get(t *testing.T, opt Options, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	e := echo.New()
	require.NoError(t, Register(e, opt))
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestAssetsAreKeptForEverUnderTheirHash(t *testing.T) {
	a, err := loadAssets()
	require.NoError(t, err)
	w := get(t, Options{}, a.prefix+"/js/chat/main.js")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "text/javascript; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, "public, max-age=31536000, immutable", w.Header().Get("Cache-Control"))

	again := get(t, Options{}, a.prefix+"/js/chat/main.js", "If-None-Match", w.Header().Get("ETag"))
	require.Equal(t, http.StatusNotModified, again.Code)
	require.Empty(t, again.Body.String())

	old := get(t, Options{}, "/assets/0123456789abcdef/js/chat/main.js")
	require.Equal(t, http.StatusOK, old.Code)
	require.Equal(t, "no-cache", old.Header().Get("Cache-Control"))

	require.Equal(t, http.StatusNotFound, get(t, Options{}, a.prefix+"/js/none.js").Code)
	require.Equal(t, http.StatusNotFound, get(t, Options{}, a.prefix+"/../assets.go").Code)
}

func TestPagesShowDataAsText(t *testing.T) {
	w := get(t, Options{
		Examples: []Example{{Label: `<b>"x"</b>`, Text: `"><script>1</script>`}},
		Commands: []Command{{Label: "<i>", Line: `askdesk "<x>"`}},
		Demo:     true,
		Viewer:   func(echo.Context) Viewer { return Viewer{SignedIn: true, Name: `<img src=x>`} },
	}, "/")
	require.Equal(t, http.StatusOK, w.Code)
	for _, markup := range []string{"<b>", "<script>1", "<i>", "<x>", "<img"} {
		require.NotContains(t, w.Body.String(), markup)
	}
	require.Equal(t, Policy, w.Header().Get("Content-Security-Policy"))
}

func TestErrorsArePagesForPeopleOnly(t *testing.T) {
	page := get(t, Options{}, "/nowhere", "Accept", "text/html,*/*")
	require.Equal(t, http.StatusNotFound, page.Code)
	require.Contains(t, page.Body.String(), "<h1>Not Found</h1>")
	for _, program := range [][]string{{"/nowhere"}, {"/v1/nowhere", "Accept", "text/html"}} {
		w := get(t, Options{}, program[0], program[1:]...)
		require.Equal(t, http.StatusNotFound, w.Code)
		require.NotContains(t, w.Body.String(), "<h1>")
	}
}

// forbidden are ways by which a string could become markup or script, or a page
// could load something from outside.
var forbidden = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|\sstyle="|\son[a-z]+="|@import|url\(`)

var (
	imported = regexp.MustCompile(`(?m)^import [^"]*"([^"]+)";$`)
	address  = regexp.MustCompile(`(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s"]*`)
)

func TestEveryFileKeepsTheRules(t *testing.T) {
	const mostLines, mostBytes = 400, 150 << 10
	total := 0
	walk := func(files fs.FS) {
		require.NoError(t, fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			require.NoError(t, err)
			if d.IsDir() {
				return nil
			}
			data, err := fs.ReadFile(files, name)
			require.NoError(t, err)
			total += len(data)
			text := string(data)
			require.NotRegexp(t, forbidden, text, name)
			require.LessOrEqual(t, strings.Count(text, "\n"), mostLines, name)
			for _, a := range address.FindAllString(text, -1) {
				require.Contains(t, a, "www.w3.org", "%s: only the name of a namespace may look like an address", name)
			}
			for _, m := range imported.FindAllStringSubmatch(text, -1) {
				_, err := fs.Stat(files, path.Join(path.Dir(name), m[1]))
				require.NoError(t, err, "%s imports %s", name, m[1])
			}
			return nil
		}))
	}
	walk(assetFiles)
	walk(templateFiles)
	require.LessOrEqual(t, total, mostBytes, "all pages together")
}
