package state_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/internal/web/webtest"
	"github.com/askdesk/askdesk/kb"
)

func TestStoreKeepsTheContractOfPeople(t *testing.T) {
	webtest.TestStore(t, func(t *testing.T) webtest.Store { return open(t, t.TempDir()) })
}

func TestNoSecretIsWritten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	secret, err := s.CreateKey(t.Context(), kb.Key{Name: "desk", Role: kb.RoleAdmin})
	require.NoError(t, err)
	require.Regexp(t, `^ak_[0-9a-v]{13}_[0-9A-Za-z]{43}$`, secret)
	k, err := s.KeyBySecret(t.Context(), secret)
	require.NoError(t, err)
	require.Equal(t, kb.Agent, k.Audience)
	require.True(t, strings.HasPrefix(secret, "ak_"+k.ID+"_"))
	token, err := s.CreateSession(t.Context(), k.ID, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(token), 52)

	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	found := false
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NotContains(t, string(data), secret[len(secret)-43:], f)
		require.NotContains(t, string(data), token, f)
		found = found || bytes.Contains(data, []byte(k.ID))
	}
	require.True(t, found, "the key itself is there")
}

func TestKeysAreChecked(t *testing.T) {
	s := open(t, t.TempDir())
	for _, k := range []kb.Key{
		{Role: kb.RoleAdmin},
		{Name: " x", Role: kb.RoleAdmin},
		{Name: strings.Repeat("x", 65), Role: kb.RoleAdmin},
		{Name: "a\nb", Role: kb.RoleAdmin},
		{Name: "x"},
		{Name: "x", Role: "root"},
		{Name: "x", Role: kb.RoleAdmin, Audience: "all"},
		{Name: "x", Role: kb.RoleAdmin, KBs: []string{"Not A Base"}},
	} {
		_, err := s.CreateKey(t.Context(), k)
		require.Equal(t, kb.Invalid, kb.CodeOf(err), "%+v", k)
	}
}

func TestAnotherProcessSeesKeysAtOnce(t *testing.T) {
	dir := t.TempDir()
	here, there := open(t, dir), open(t, dir)
	secret, err := here.CreateKey(t.Context(), kb.Key{Name: "desk", Role: kb.RoleAgent})
	require.NoError(t, err)
	k, err := there.KeyBySecret(t.Context(), secret)
	require.NoError(t, err)
	token, err := there.CreateSession(t.Context(), k.ID, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.NoError(t, here.DeleteKey(t.Context(), "desk"))
	_, err = there.SessionKey(t.Context(), token, time.Now(), time.Now())
	require.Equal(t, kb.Unauthorized, kb.CodeOf(err))
}

func TestPruneLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	k, err := s.CreateKey(t.Context(), kb.Key{Name: "desk", Role: kb.RoleAgent})
	require.NoError(t, err)
	key, err := s.KeyBySecret(t.Context(), k)
	require.NoError(t, err)
	_, err = s.CreateSession(t.Context(), key.ID, time.Unix(1, 0))
	require.NoError(t, err)
	db, err := sql.Open("sqlite", filepath.Join(dir, "state.db")) // filled by hand: 250 commits take seconds
	require.NoError(t, err)
	defer db.Close()
	for _, fill := range []string{
		`INSERT INTO conversations SELECT 'c' || i, '', 't', i * 1000000, i * 1000000 FROM n`,
		`INSERT INTO answers (id, conversation, origin, created, question, text, body, evidence)
			SELECT 'a' || i, 'c' || i, '', i * 1000000, 'q', 't', x'', x'' FROM n`,
		`INSERT INTO feedback SELECT 'a' || i, '', 1, '', '', i * 1000000 FROM n`,
	} {
		_, err := db.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450) ` + fill)
		require.NoError(t, err)
	}
	n, err := s.Prune(t.Context(), time.Unix(441, 0))
	require.NoError(t, err)
	require.Equal(t, 440, n)
	for table, want := range map[string]int{"conversations": 10, "answers": 10, "feedback": 10, "sessions": 0, "keys": 1} {
		var got int
		require.NoError(t, db.QueryRow(`SELECT count(*) FROM `+table).Scan(&got))
		require.Equal(t, want, got, table)
	}
}

var _ webtest.Store = (*state.Store)(nil)
