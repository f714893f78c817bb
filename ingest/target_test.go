package ingest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/kb"
)

func TestTargets(t *testing.T) {
	h := newHouse(t)
	top := t.TempDir()
	at := func(path string) string { return filepath.Join(top, path) }
	for _, f := range []string{"docs/faq.md", "docs/sub/a.md", "docs/sub/deep/b.md", "manual/a.md", "old/docs/x.md", "upload/x.md", "taken/x.md"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(at(f)), 0o755))
		require.NoError(t, os.WriteFile(at(f), nil, 0o644))
	}
	require.NoError(t, os.Symlink(at("taken"), at("alias")))
	require.NoError(t, h.store.Claim(t.Context(), "other", "docs", at("docs")))
	require.NoError(t, h.store.Claim(t.Context(), "other", "inner", at("docs/sub")))
	require.NoError(t, h.store.Claim(t.Context(), "other", "alias", at("taken")))

	one := func(source, root string, scopes ...string) []ingest.Target {
		return []ingest.Target{{Source: source, Root: at(root), Scopes: scopes}}
	}
	tests := map[string]struct {
		base, name string
		paths      []string
		want       []ingest.Target
		code       kb.Code
		says       string
	}{
		"a folder":                   {paths: []string{"docs"}, want: one("docs", "docs")},
		"a folder with a slash":      {paths: []string{"docs/"}, want: one("docs", "docs")},
		"a file":                     {paths: []string{"docs/faq.md"}, want: one("docs", "docs", "faq.md")},
		"a file and its folder":      {paths: []string{"docs/faq.md", "docs"}, want: one("docs", "docs")},
		"a file twice":               {paths: []string{"docs/faq.md", "docs/faq.md"}, want: one("docs", "docs", "faq.md")},
		"two folders":                {paths: []string{"docs", "manual"}, want: append(one("docs", "docs"), one("manual", "manual")...)},
		"a name":                     {name: "help", paths: []string{"docs"}, want: one("help", "docs")},
		"a name for two":             {name: "help", paths: []string{"docs", "manual/a.md"}, want: []ingest.Target{{Source: "help", Root: top, Scopes: []string{"docs", "manual/a.md"}}}},
		"a name for one in another":  {name: "help", paths: []string{"docs", "docs/sub"}, want: one("help", "docs")},
		"a folder in a source":       {base: "other", paths: []string{"docs/sub/deep"}, want: one("inner", "docs/sub", "deep")},
		"a source in a source":       {base: "other", paths: []string{"docs/sub"}, want: one("inner", "docs/sub")},
		"a file in a source":         {base: "other", paths: []string{"docs/sub/a.md", "docs/faq.md"}, want: append(one("inner", "docs/sub", "a.md"), one("docs", "docs", "faq.md")...)},
		"a named part":               {base: "other", name: "docs", paths: []string{"docs/sub"}, want: one("docs", "docs", "sub")},
		"another way to the folder":  {base: "other", paths: []string{"alias"}, want: one("alias", "taken")},
		"two of one name":            {paths: []string{"docs", "old/docs"}, code: kb.Conflict, says: "--source"},
		"a name that is taken":       {base: "other", paths: []string{"old/docs"}, code: kb.Conflict, says: at("docs")},
		"the name of uploads":        {paths: []string{"upload"}, code: kb.Conflict, says: "uploaded"},
		"a bad name":                 {name: "a/b", paths: []string{"docs"}, code: kb.Invalid, says: "--source"},
		"nothing there":              {paths: []string{"nowhere"}, code: kb.NotFound, says: "nowhere"},
		"the root of the filesystem": {paths: []string{"../../../../../../../../../.."}, code: kb.Invalid, says: "--source"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.base == "" {
				tt.base = "default"
			}
			for i := range tt.paths {
				tt.paths[i] = top + "/" + tt.paths[i]
			}
			got, err := ingest.Targets(t.Context(), h.store, tt.base, tt.name, tt.paths)
			require.Equal(t, tt.code, kb.CodeOf(err), "%v", err)
			if tt.code != "" {
				require.ErrorContains(t, err, tt.says)
				return
			}
			require.Equal(t, tt.want, got)
		})
	}
}
