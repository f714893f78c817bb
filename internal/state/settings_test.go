package state

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSourceSettings(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	_, err = s.CreateBase(t.Context(), "default", Components{})
	require.NoError(t, err)
	require.NoError(t, s.Claim(t.Context(), "default", "docs", "/docs"))
	type settings struct{ Audience string }
	got := settings{"as it was"}
	require.NoError(t, s.SourceSettings(t.Context(), "default", "other", &got))
	require.NoError(t, s.SourceSettings(t.Context(), "default", "docs", &got))
	require.Equal(t, settings{"as it was"}, got)
	require.NoError(t, s.SaveSourceSettings(t.Context(), "default", "docs", settings{"public"}))
	require.NoError(t, s.SourceSettings(t.Context(), "default", "docs", &got))
	require.Equal(t, settings{"public"}, got)
}
