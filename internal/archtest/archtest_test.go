// Package archtest holds the architecture as tests: which room may import which,
// which package alone sees a vendor's types, and how large things may grow.
package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/askdesk/askdesk/"

// arrows says what each room may import of ours. A room's children may also
// import the room's root and each other.
var arrows = map[string][]string{
	"kb":              {},
	"internal/text":   {},
	"ingest":          {"kb", "internal/text"},
	"retrieval":       {"kb", "internal/text"},
	"prompts":         {"kb"},
	"answer":          {"kb", "prompts", "internal/text"},
	"eval":            {"kb", "internal/text", "prompts", "ingest", "retrieval", "answer"},
	"internal/config": {"kb"},
	"internal/state":  {"kb"},
	"internal/web":    {"kb", "answer", "prompts"},
	"testdata":        {},
	"cmd/askdesk": {
		"kb", "ingest", "retrieval", "prompts", "answer", "eval",
		"internal/config", "internal/state", "internal/text", "internal/web", "testdata",
	},
	"internal/archtest": {},
}

// sole names the only packages that may see a library's types.
var sole = map[string][]string{
	"github.com/sashabaranov/go-openai":      {"retrieval/embed/openai", "answer/model/openai"},
	"github.com/labstack/echo":               {"internal/web"},
	"github.com/danielgtaylor/huma":          {"internal/web"},
	"github.com/ledongthuc/pdf":              {"ingest/extract"},
	"github.com/klippa-app/go-pdfium":        {"ingest/extract"},
	"github.com/spf13/cobra":                 {"cmd/askdesk"},
	"github.com/prometheus/client_golang":    {"internal/web"},
	"github.com/schollz/progressbar":              {"cmd/askdesk"},
	"modernc.org/sqlite":                     {"internal/state", "retrieval/local"},
	"github.com/blevesearch/snowballstem":    {"internal/text"},
	"github.com/yuin/goldmark":               {"ingest"},
	"codeberg.org/readeck/go-readability/v2": {"ingest/extract"},
}

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		require.NoError(t, err, string(exit.Stderr))
	}
	require.NoError(t, err)
	var list []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else {
			require.NoError(t, err)
		}
		list = append(list, p)
	}
}

// roomOf is the longest key of arrows that path lies in.
func roomOf(path string) string {
	best := ""
	for room := range arrows {
		if within(path, room) && len(room) > len(best) {
			best = room
		}
	}
	return best
}

func within(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }

// suite reports whether a package exists for tests alone: fakes and contract suites.
func suite(path string) bool { return strings.HasSuffix(path, "test") }

func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		room := roomOf(path)
		require.NotEmpty(t, room, "%s lies in no room of the table: add it to arrows and to docs/ARCHITECTURE.md", path)
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			if suite(path) {
				continue
			}
			require.False(t, suite(to), "%s imports %s, which is for tests", path, to)
			require.True(t, allowed(room, to), "%s must not import %s", path, to)
		}
	}
}

func allowed(room, to string) bool {
	if within(to, room) {
		return true
	}
	for _, may := range arrows[room] {
		if within(to, may) {
			return true
		}
	}
	return false
}

func TestVendorTypesStayInTheirRoom(t *testing.T) {
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		for _, imp := range p.Imports {
			for library, rooms := range sole {
				if !within(imp, library) {
					continue
				}
				ok := false
				for _, room := range rooms {
					ok = ok || within(path, room)
				}
				require.True(t, ok, "%s imports %s; only %v may", path, imp, rooms)
			}
		}
	}
}

func TestRuleTableCatchesAWrongArrow(t *testing.T) {
	require.False(t, allowed("ingest", "retrieval"))
	require.False(t, allowed("kb", "internal/text"))
	require.False(t, allowed("retrieval", "answer"))
	require.True(t, allowed("eval", "retrieval/local"))
	require.Equal(t, "internal/web", roomOf("internal/web/pages"))
}
