// Package archtest holds the architecture as tests: which room may import which,
// which package alone sees a vendor's types, and how large things may grow.
package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
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
	"internal/sqlite": {},
	"ingest":          {"kb", "internal/text"},
	"retrieval":       {"kb", "internal/text", "internal/sqlite"},
	"prompts":         {"kb"},
	"answer":          {"kb", "prompts", "internal/text"},
	"eval":            {"kb", "internal/text", "ingest", "retrieval", "answer"},
	"internal/config": {"kb"},
	"internal/state":  {"kb", "internal/sqlite"},
	"internal/web":    {"kb", "answer", "prompts", "internal/text"},
	"cmd/askdesk": {
		"kb", "ingest", "retrieval", "prompts", "answer", "eval",
		"internal/config", "internal/state", "internal/web", "testdata",
	},
	"internal/archtest": {},
}

// joints says what the tests of a room may use besides its arrows, suites and
// testdata: a pipeline is worth nothing until it fills a real store and index.
var joints = map[string][]string{
	"ingest": {"internal/state", "retrieval/local", "retrieval/embed/static"},
}

// sole names the only packages that may see a library's types.
var sole = map[string][]string{
	"github.com/sashabaranov/go-openai":      {"answer/model/openai"},
	"github.com/labstack/echo":               {"internal/web"},
	"github.com/danielgtaylor/huma":          {"internal/web"},
	"github.com/ledongthuc/pdf":              {"ingest/extract"},
	"github.com/klippa-app/go-pdfium":        {"ingest/extract"},
	"github.com/spf13/cobra":                 {"cmd/askdesk"},
	"github.com/prometheus/client_golang":    {"internal/web"},
	"github.com/schollz/progressbar":         {"cmd/askdesk"},
	"modernc.org/sqlite":                     {"internal/sqlite"},
	"github.com/blevesearch/snowballstem":    {"internal/text"},
	"codeberg.org/readeck/go-readability/v2": {"ingest/extract"},
	"github.com/qdrant/go-client":            {"retrieval/qdrant/points"},
	"google.golang.org/grpc":                 {"retrieval/qdrant/points"},
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
		if suite(path) {
			continue
		}
		for _, to := range ours(p.Imports) {
			require.False(t, suite(to), "%s imports %s, which is for tests", path, to)
			require.True(t, allowed(room, to), "%s must not import %s", path, to)
		}
		for _, to := range ours(p.TestImports, p.XTestImports) {
			require.True(t, allowedInTests(room, to), "a test of %s must not import %s", path, to)
		}
	}
}

// ours are those of some lists of imports that lie in this module, without its name.
func ours(lists ...[]string) (paths []string) {
	for _, imp := range slices.Concat(lists...) {
		if to, ok := strings.CutPrefix(imp, module); ok {
			paths = append(paths, to)
		}
	}
	return paths
}

func allowed(room, to string) bool { return within(to, room) || among(arrows[room], to) }

func allowedInTests(room, to string) bool {
	return allowed(room, to) || suite(to) || within(to, "testdata") || among(joints[room], to)
}

// among reports whether path lies in one of rooms.
func among(rooms []string, path string) bool {
	return slices.ContainsFunc(rooms, func(room string) bool { return within(path, room) })
}

// What nobody needs is not allowed either: a table that says more than the code
// guards nothing.
func TestEveryRuleIsNeeded(t *testing.T) {
	used := map[string][]string{} // imports by room, all of them
	for _, p := range packages(t) {
		room := roomOf(strings.TrimPrefix(p.ImportPath, module))
		for _, imp := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			used[room] = append(used[room], strings.TrimPrefix(imp, module))
		}
	}
	var idle []string
	need := func(room, what string) {
		if !slices.ContainsFunc(used[roomOf(room)], func(imp string) bool { return within(imp, what) }) {
			idle = append(idle, room+" -> "+what)
		}
	}
	for _, table := range []map[string][]string{arrows, joints} {
		for room, rules := range table {
			require.NotEmpty(t, used[room], "%s is empty: take it out", room)
			for _, to := range rules {
				need(room, to)
			}
		}
	}
	for library, places := range sole {
		for _, place := range places {
			need(place, library)
		}
	}
	require.Empty(t, idle, "nobody imports this any more: take it out of the tables")
}

func TestVendorTypesStayInTheirRoom(t *testing.T) {
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		for _, imp := range p.Imports {
			for library, rooms := range sole {
				if !within(imp, library) {
					continue
				}
				require.True(t, among(rooms, path), "%s imports %s; only %v may", path, imp, rooms)
			}
		}
	}
}

func TestRuleTableCatchesAWrongArrow(t *testing.T) {
	require.False(t, allowed("ingest", "retrieval"))
	require.False(t, allowed("kb", "internal/text"))
	require.False(t, allowed("retrieval", "answer"))
	require.True(t, allowed("cmd/askdesk", "retrieval/local"))
	require.False(t, allowedInTests("answer", "retrieval/local"))
	require.False(t, allowedInTests("retrieval", "ingest/chunk"))
	require.True(t, allowedInTests("retrieval", "ingest/ingesttest"))
	require.Equal(t, "internal/web", roomOf("internal/web/pages"))
}
