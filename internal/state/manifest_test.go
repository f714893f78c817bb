package state_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

func info(base, path string, change func(*kb.DocumentInfo)) kb.DocumentInfo {
	d := kb.DocumentInfo{
		Document: kb.Document{ID: kb.DocumentID(base, "docs", path), KB: base, Source: "docs", Path: path, Audience: kb.Agent},
		Status:   kb.Ready, Fingerprint: "f",
	}
	if change != nil {
		change(&d)
	}
	return d
}

func TestManifestKeepsEveryField(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	_, err := s.CreateBase(ctx, "default", state.Components{})
	require.NoError(t, err)
	full := info("default", "a/b.md", func(d *kb.DocumentInfo) {
		d.Title, d.URL, d.Product, d.Version, d.Language = "T", "https://x", "P", "2", "de"
		d.Audience, d.Tags = kb.Public, []string{"x", `quo"te`}
		d.Updated = time.Date(2025, 3, 1, 2, 3, 4, 5000, time.UTC)
		d.ValidFrom, d.ValidUntil = time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
		d.Reason, d.Chunks, d.Bytes = "why", 7, 1<<40
		d.Indexed = time.Unix(0, 0).UTC()
	})
	bare := info("default", "\xff weird\nname", nil)
	require.NoError(t, s.Mark(ctx, "default", []kb.DocumentInfo{full, bare}))

	list, err := s.Documents(ctx, "default", "docs")
	require.NoError(t, err)
	require.Equal(t, []kb.DocumentInfo{full, bare}, list)
	one, err := s.Document(ctx, full.ID)
	require.NoError(t, err)
	require.Equal(t, full, one)
}

func TestManifestOrdersByBytesAndPages(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	_, err := s.CreateBase(ctx, "default", state.Components{})
	require.NoError(t, err)
	paths := []string{"A.md", "a.md", "a/x.md", "b.md", "ä.md"}
	for _, i := range []int{3, 0, 4, 2, 1} {
		require.NoError(t, s.Mark(ctx, "default", []kb.DocumentInfo{info("default", paths[i], nil)}))
	}
	list, err := s.Documents(ctx, "default", "docs")
	require.NoError(t, err)
	var got []string
	for _, d := range list {
		got = append(got, d.Path)
	}
	require.Equal(t, paths, got)

	seen := map[string]bool{}
	after := ""
	for range 3 {
		page, err := s.List(ctx, kb.Listing{KB: "default", Reader: kb.Reader{Audience: kb.Agent}, After: after, Limit: 2})
		require.NoError(t, err)
		for _, d := range page {
			require.Greater(t, d.ID, after)
			after = d.ID
			seen[d.Path] = true
		}
	}
	require.Len(t, seen, len(paths))
	page, err := s.List(ctx, kb.Listing{KB: "default", Reader: kb.Reader{Audience: kb.Agent}, After: after, Limit: 2})
	require.NoError(t, err)
	require.Empty(t, page)
}

func TestManifestMarkIsAllOrNothing(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	_, err := s.CreateBase(ctx, "default", state.Components{})
	require.NoError(t, err)
	bad := info("default", "b", func(d *kb.DocumentInfo) { d.Status = "no such status" })
	require.Error(t, s.Mark(ctx, "default", []kb.DocumentInfo{info("default", "a", nil), bad}))
	list, err := s.Documents(ctx, "default", "docs")
	require.NoError(t, err)
	require.Empty(t, list)
	require.Error(t, s.Mark(ctx, "nowhere", []kb.DocumentInfo{info("nowhere", "a", nil)}), "of no knowledge base")
}

func TestManifestRemove(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	_, err := s.CreateBase(ctx, "default", state.Components{})
	require.NoError(t, err)
	a, b := info("default", "a", nil), info("default", "b", nil)
	require.NoError(t, s.Mark(ctx, "default", []kb.DocumentInfo{a, b}))
	require.NoError(t, s.Remove(ctx, "other", []string{a.ID}), "another base's document stays")
	require.NoError(t, s.Remove(ctx, "default", []string{b.ID, "unknown"}))
	_, err = s.Document(ctx, a.ID)
	require.NoError(t, err)
	_, err = s.Document(ctx, b.ID)
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
}

func TestListShowsWhatTheReaderSees(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := t.Context()
	_, err := s.CreateBase(ctx, "default", state.Components{})
	require.NoError(t, err)
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	put := func(path string, change func(*kb.DocumentInfo)) {
		require.NoError(t, s.Mark(ctx, "default", []kb.DocumentInfo{info("default", path, change)}))
	}
	limits := []time.Time{{}, now.Add(-time.Hour), now, now.Add(time.Hour)}
	for i, from := range limits {
		for j, until := range limits {
			put(fmt.Sprintf("public-%d-%d", i, j), func(d *kb.DocumentInfo) { d.Audience, d.ValidFrom, d.ValidUntil = kb.Public, from, until })
			put(fmt.Sprintf("agent-%d-%d", i, j), func(d *kb.DocumentInfo) { d.Audience, d.ValidFrom, d.ValidUntil = kb.Agent, from, until })
		}
	}
	all, err := s.Documents(ctx, "default", "docs")
	require.NoError(t, err)
	require.Len(t, all, 32)
	for audience, want := range map[kb.Audience]int{kb.Agent: 32, kb.Public: 6, "": 6} {
		reader := kb.Reader{Audience: audience, Now: now}
		var sees []string
		for _, d := range all {
			if reader.Sees(&d.Document) {
				sees = append(sees, d.Path)
			}
		}
		require.Len(t, sees, want)
		page, err := s.List(ctx, kb.Listing{KB: "default", Reader: reader, Limit: 100})
		require.NoError(t, err)
		var listed []string
		for _, d := range page {
			listed = append(listed, d.Path)
		}
		require.ElementsMatch(t, sees, listed)
	}
}
