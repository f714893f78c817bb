package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

func TestEndedSessionsAreForgottenWhereConversationsAreKept(t *testing.T) {
	t.Parallel()
	store, err := state.Open(t.Context(), t.TempDir(), state.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	secret, err := store.CreateKey(t.Context(), kb.Key{Name: "desk", Role: kb.RoleAgent, Audience: kb.Agent})
	require.NoError(t, err)
	key, err := store.KeyBySecret(t.Context(), secret)
	require.NoError(t, err)
	long := time.Now().AddDate(-1, 0, 0)
	require.NoError(t, store.SaveAnswer(t.Context(), "", kb.Record{
		ID: "a", Owner: key.ID, Conversation: "c", Created: long, Body: []byte("{}"), Evidence: []byte("{}"),
	}))
	token, err := store.CreateSession(t.Context(), key.ID, long)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	s := &service{cfg: config.Config{RetentionDays: 0}, state: store}
	done := make(chan struct{})
	go func() { defer close(done); s.forget(ctx) }()
	require.Eventually(t, func() bool {
		_, err := store.SessionKey(t.Context(), token, long.Add(-time.Hour), long)
		return kb.CodeOf(err) == kb.Unauthorized
	}, 5*time.Second, 5*time.Millisecond)
	cancel()
	<-done
	_, err = store.Answer(t.Context(), key.ID, "a")
	require.NoError(t, err)
}
