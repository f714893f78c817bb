package web_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web"
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

// unhurried is a memory in which a document is ready when it is looked at twice.
type unhurried struct {
	*webtest.Memory
	mu    sync.Mutex
	looks map[string]int
}

func (u *unhurried) Document(ctx context.Context, id string) (kb.DocumentInfo, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.looks[id]++
	d, err := u.Memory.Document(ctx, id)
	if u.looks[id] < 2 {
		d.Status = kb.Reading
	}
	return d, err
}

// ready reports whether there are documents and all of them were seen to be ready.
func (u *unhurried) ready(ctx context.Context) error {
	list, err := u.List(ctx, kb.Listing{KB: "help", Reader: kb.Reader{Audience: kb.Agent}, Limit: 10})
	if err != nil || len(list) == 0 {
		return errors.Join(err, errors.New("asked before the upload"))
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, d := range list {
		if u.looks[d.ID] < 2 {
			return errors.New("asked before the document was ready")
		}
	}
	return nil
}

// TestQuickstarts runs the blocks that docs/API.md marks with quickstart, against
// ASKDESK_URL if it is set (with ASKDESK_KEY) and a server on fakes otherwise.
func TestQuickstarts(t *testing.T) {
	blocks := quickstarts(t)
	url, key := os.Getenv("ASKDESK_URL"), os.Getenv("ASKDESK_KEY")
	want := ""
	left := func(t *testing.T) {}
	if url == "" {
		slow := &unhurried{looks: map[string]int{}}
		s := start(t, func(opt *web.Options) {
			slow.Memory = opt.Documents.(*webtest.Memory)
			opt.Documents = slow
		})
		s.answerer.Before = func(ctx context.Context, _ int) error { return slow.ready(ctx) }
		key = strings.TrimPrefix(s.key("quickstart", kb.RoleAdmin)[1], "Bearer ")
		srv := httptest.NewServer(s.handler)
		defer srv.Close()
		url, want = srv.URL, strings.TrimSpace(webtest.Quote[0])
		left = func(t *testing.T) {
			clear(slow.looks)
			list, err := slow.List(t.Context(), kb.Listing{KB: "help", Reader: kb.Reader{Audience: kb.Agent}, Limit: 10})
			require.NoError(t, err)
			require.Empty(t, list, "what it uploaded is deleted")
		}
	}
	for language, block := range blocks {
		t.Run(language, func(t *testing.T) {
			out, err := runQuickstart(t, language, block, url, key)
			require.NoError(t, err, out)
			require.Contains(t, out, want)
			left(t)
		})
	}
}

func TestAQuickstartWithAWrongKeySaysWhatIsWrong(t *testing.T) {
	s := start(t, nil)
	s.key("quickstart", kb.RoleAdmin)
	srv := httptest.NewServer(s.handler)
	defer srv.Close()
	for language, block := range quickstarts(t) {
		t.Run(language, func(t *testing.T) {
			out, err := runQuickstart(t, language, block, srv.URL, "ak_wrong")
			require.Error(t, err)
			require.Contains(t, out, "key")
			require.NotContains(t, out, "Traceback")
		})
	}
}

// quickstarts are the blocks of docs/API.md by language.
func quickstarts(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "API.md"))
	require.NoError(t, err)
	blocks := map[string]string{}
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+) quickstart\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		blocks[m[1]] = m[2]
	}
	require.Len(t, blocks, len(runners))
	return blocks
}

func runQuickstart(t *testing.T, language, block, url, key string) (string, error) {
	t.Helper()
	run := runners[language]
	require.NotEmpty(t, run)
	for _, program := range append(programs[language], run[0]) {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed; the quickstart for %s was not run", program, language)
		}
	}
	cmd := exec.CommandContext(t.Context(), run[0], run[1:]...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "ASKDESK_URL="+url, "ASKDESK_KEY="+key)
	cmd.Stdin = strings.NewReader(block)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
