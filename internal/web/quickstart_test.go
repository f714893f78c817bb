package web_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web/webtest"
	"github.com/askdesk/askdesk/kb"
)

// runners say how the blocks of docs/API.md are run, by their language.
var runners = map[string][]string{
	"sh":     {"bash", "-euo", "pipefail"},
	"python": {"python3"},
	"js":     {"node", "--input-type=module", "-"},
}

// programs are what a block needs besides its runner.
var programs = map[string][]string{"sh": {"curl"}}

// TestQuickstarts runs the blocks that docs/API.md marks with quickstart, against
// ASKDESK_URL if it is set (with ASKDESK_KEY) and a server on fakes otherwise.
func TestQuickstarts(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "API.md"))
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?ms)^```(\\w+) quickstart\n(.*?)^```$").FindAllSubmatch(page, -1)
	require.Len(t, blocks, len(runners))
	url, key := os.Getenv("ASKDESK_URL"), os.Getenv("ASKDESK_KEY")
	want := ""
	if url == "" {
		s := start(t, nil)
		key = strings.TrimPrefix(s.key("quickstart", kb.RoleAdmin)[1], "Bearer ")
		srv := httptest.NewServer(s.handler)
		defer srv.Close()
		url, want = srv.URL, strings.TrimSpace(webtest.Quote[0])
	}
	dir := t.TempDir()
	for _, block := range blocks {
		language := string(block[1])
		t.Run(language, func(t *testing.T) {
			run := runners[language]
			require.NotEmpty(t, run)
			for _, program := range append(programs[language], run[0]) {
				if _, err := exec.LookPath(program); err != nil {
					t.Skipf("%s is not installed; the quickstart for %s was not run", program, language)
				}
			}
			cmd := exec.CommandContext(t.Context(), run[0], run[1:]...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "ASKDESK_URL="+url, "ASKDESK_KEY="+key)
			cmd.Stdin = strings.NewReader(string(block[2]))
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, string(out))
			require.Contains(t, string(out), want)
		})
	}
}
