package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web/api"
)

func TestSynonyms(t *testing.T) {
	t.Parallel()
	data, _ := library(t)
	path := filepath.Join(data, "synonyms.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }

	write("groups:\n  - [tool, gizmo]\nrules:\n  bring back: return\n  colour: zyzzyva\n")
	r := askdesk(t, nil, "synonyms", "check", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	require.Equal(t, path+":5: warning: no document of any knowledge base has “zyzzyva”, so the entry does nothing\n", r.out)
	require.Contains(t, r.err, "3 entries, no mistakes")

	r = askdesk(t, nil, "search", "can I bring back a gizmo", "--json", "--data", data)
	require.Equal(t, exitDone, r.code, r.err)
	var found api.SearchResponse
	require.NoError(t, json.Unmarshal([]byte(r.out), &found))
	require.Equal(t, map[string][]string{"bring back": {"return"}, "gizmo": {"tool"}}, map[string][]string(found.Synonyms))
	require.Equal(t, "Returns", found.Passages[0].Title)
	r = askdesk(t, nil, "search", "can I bring back a gizmo", "--explain", "--data", data)
	require.Contains(t, r.out, "“gizmo” is also “tool”\n")

	write("groups:\n  - [tool]\n")
	r = askdesk(t, nil, "synonyms", "check", "--data", data)
	require.Equal(t, exitFailed, r.code)
	require.Equal(t, path+":2: “tool” is alone in its group: name what means the same\n", r.out)
	r = askdesk(t, nil, "doctor", "--data", data)
	require.Contains(t, r.out, "synonyms.yaml:2: “tool” is alone")
	r = askdesk(t, nil, "synonyms", "check", filepath.Join(data, "nothing.yaml"), "--data", data)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.out, "nothing.yaml: cannot be read")
}
