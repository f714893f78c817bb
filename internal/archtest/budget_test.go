package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Beyond these sizes a reader loses the thread: split by meaning.
const (
	maxFileLines     = 400
	maxFunctionLines = 100
	maxParameters    = 5
	maxMethods       = 3 // of an interface
)

func TestBudgets(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "dist") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		seen++
		checkFile(t, path)
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, seen, 20, "the walk misses the source")
}

func checkFile(t *testing.T, path string) {
	t.Helper()
	src, err := os.ReadFile(path)
	require.NoError(t, err)
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, src, parser.SkipObjectResolution)
	require.NoError(t, err)
	lines := set.Position(file.FileEnd).Line
	require.LessOrEqual(t, lines, maxFileLines, "%s has %d lines", path, lines)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			size := set.Position(n.End()).Line - set.Position(n.Pos()).Line + 1
			require.LessOrEqual(t, size, maxFunctionLines, "%s: %s has %d lines", path, n.Name.Name, size)
			require.LessOrEqual(t, n.Type.Params.NumFields(), maxParameters, "%s: %s has too many parameters: make a struct", path, n.Name.Name)
		case *ast.TypeSpec:
			if i, ok := n.Type.(*ast.InterfaceType); ok {
				require.LessOrEqual(t, i.Methods.NumFields(), maxMethods, "%s: %s has too many methods: split it by its callers", path, n.Name.Name)
			}
		}
		return true
	})
}
