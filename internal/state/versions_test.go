package state_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

// marked is a document as it was embedded by a model.
func marked(path, model string) kb.DocumentInfo {
	d := kb.Document{ID: kb.DocumentID("help", "s", path), KB: "help", Source: "s", Path: path, Audience: kb.Public}
	return kb.DocumentInfo{Document: d, Status: kb.Ready, Chunks: 1, Fingerprint: strings.Repeat("f", 64) + " " + model}
}

func behind(t *testing.T, s *state.Store, v state.IndexVersion) (paths []string) {
	t.Helper()
	for after := ""; ; {
		ids, err := s.Changes(t.Context(), v.ID, after, 1)
		require.NoError(t, err)
		if len(ids) == 0 {
			n, err := s.Behind(t.Context(), v.ID)
			require.NoError(t, err)
			require.Equal(t, len(paths), n)
			return paths
		}
		for _, path := range []string{"a", "b", "c", "d"} {
			if kb.DocumentID("help", "s", path) == ids[0] {
				paths = append(paths, path)
			}
		}
		after = ids[0]
	}
}

func TestAVersionBesideTheCurrentOne(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	_, err := s.CreateBase(ctx, "help", state.Components{Embedder: "one"})
	require.NoError(t, err)
	mark := func(infos ...kb.DocumentInfo) { require.NoError(t, s.Mark(ctx, "help", infos)) }
	none := marked("c", "")
	none.Chunks = 0
	mark(marked("a", "one"), marked("b", "zero"), none)

	fresh, err := s.Place(ctx, "help", "big", "two")
	require.NoError(t, err)
	require.Equal(t, state.IndexVersion{ID: fresh.ID, Base: "help", Backend: "local", Profile: "big", Embedder: "two", Role: state.Beside, Created: fresh.Created}, fresh)
	_, err = s.Place(ctx, "help", "bigger", "three")
	require.Equal(t, kb.Conflict, kb.CodeOf(err))
	require.ElementsMatch(t, []string{"a", "b"}, behind(t, s, fresh))
	id := func(path string) []string { return []string{kb.DocumentID("help", "s", path)} }
	require.NoError(t, s.Settle(ctx, fresh.ID, append(id("a"), id("b")...)))
	require.Empty(t, behind(t, s, fresh))
	mark(marked("a", "one"))
	mark(marked("a", "one"), marked("d", "one"))
	require.NoError(t, s.Remove(ctx, "help", id("b")))
	require.ElementsMatch(t, []string{"a", "b", "d"}, behind(t, s, fresh))
	require.NoError(t, s.Settle(ctx, fresh.ID, id("b")))
	require.NoError(t, s.Unsettle(ctx, fresh.ID, append(id("b"), id("a")...)))
	require.ElementsMatch(t, []string{"a", "b", "d"}, behind(t, s, fresh))
	mark(marked("b", "zero"))

	versions, err := s.Versions(ctx, "help")
	require.NoError(t, err)
	require.Len(t, versions, 2)
	old := versions[0]
	live, err := s.Live(ctx, "help")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{old.ID, fresh.ID}, live)
	live, err = s.Live(ctx, "elsewhere")
	require.NoError(t, err)
	require.Empty(t, live)

	require.NoError(t, s.Exchange(ctx, "help", fresh.ID, ""))
	require.Equal(t, kb.Conflict, kb.CodeOf(s.Exchange(ctx, "help", fresh.ID, "")), "it is there already")
	now, err := s.Version(ctx, "help")
	require.NoError(t, err)
	require.Equal(t, fresh.ID, now)
	require.Empty(t, behind(t, s, fresh))
	require.Equal(t, []string{"b"}, behind(t, s, old), "it was embedded by something else than the version")
	for _, path := range []string{"a", "b", "d"} {
		info, err := s.Document(ctx, id(path)[0])
		require.NoError(t, err)
		require.Equal(t, marked(path, "two").Fingerprint, info.Fingerprint)
	}
	mark(marked("d", "two"))
	require.ElementsMatch(t, []string{"b", "d"}, behind(t, s, old))

	require.NoError(t, s.Exchange(ctx, "help", old.ID, ""))
	require.Empty(t, behind(t, s, fresh), "every document was as the version is")
	require.NoError(t, s.Discard(ctx, "help"))
	require.Equal(t, kb.NotFound, kb.CodeOf(s.Discard(ctx, "help")))
	mark(marked("d", "one"))
	versions, err = s.Versions(ctx, "help")
	require.NoError(t, err)
	require.Len(t, versions, 1)
	require.Equal(t, old.ID, versions[0].ID)
	_, err = s.Place(ctx, "elsewhere", "", "")
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
}

// The settings of the embedder changed and every document was brought in again: the
// version is what its documents are.
func TestAVersionIsWhatItsDocumentsAre(t *testing.T) {
	s := open(t, t.TempDir())
	_, err := s.CreateBase(t.Context(), "help", state.Components{Embedder: "one"})
	require.NoError(t, err)
	require.NoError(t, s.Mark(t.Context(), "help", []kb.DocumentInfo{marked("a", "other"), marked("b", "other")}))
	fresh, err := s.Place(t.Context(), "help", "big", "two")
	require.NoError(t, err)
	require.NoError(t, s.Exchange(t.Context(), "help", fresh.ID, ""))
	versions, err := s.Versions(t.Context(), "help")
	require.NoError(t, err)
	require.Equal(t, "other", versions[1].Embedder)
	require.Empty(t, behind(t, s, versions[1]))
}

func TestACopyAndAVersionBesideAreApart(t *testing.T) {
	s := open(t, t.TempDir())
	_, err := s.CreateBase(t.Context(), "help", state.Components{Embedder: "one"})
	require.NoError(t, err)
	copied, err := s.Build(t.Context(), "help", "qdrant")
	require.NoError(t, err)
	beside, err := s.Place(t.Context(), "help", "big", "two")
	require.NoError(t, err)
	require.NoError(t, s.Exchange(t.Context(), "help", beside.ID, ""))
	require.NoError(t, s.Discard(t.Context(), "help"))
	again, err := s.Build(t.Context(), "help", "qdrant")
	require.NoError(t, err)
	require.Equal(t, copied.ID, again.ID)
	require.Equal(t, []string{"big", "two"}, []string{again.Profile, again.Embedder}, "it is a copy of what is in use now")
	require.NoError(t, s.Switch(t.Context(), "help", again.ID))
	versions, err := s.Versions(t.Context(), "help")
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint([]state.IndexVersion{{ID: again.ID, Base: "help", Backend: "qdrant", Profile: "big", Embedder: "two", Role: state.Current, Created: again.Created}}), fmt.Sprint(versions))
}
