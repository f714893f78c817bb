package webtest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/ask"
	"github.com/askdesk/askdesk/kb"
)

// Store is what a service remembers of people.
type Store interface {
	Answers
	Access
	Prune(ctx context.Context, before time.Time) (int, error)
}

// Answers is what was asked and answered.
type Answers interface {
	ask.Records
	ask.Conversations
	ask.Feedback
}

// Access is who may ask.
type Access interface {
	access.Keys
	access.Sessions
	Keyring
}

// Keyring makes and deletes keys.
type Keyring interface {
	CreateKey(ctx context.Context, k kb.Key) (secret string, err error)
	Keys(ctx context.Context) ([]kb.Key, error)
	DeleteKey(ctx context.Context, idOrName string) error
}

var day = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)

// TestStore runs the contract of Store against the stores that open makes, each
// empty.
func TestStore(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"keys":                 testKeys,
		"sessions":             testSessions,
		"answers":              testAnswers,
		"owners":               testOwners,
		"conversations":        testConversations,
		"delete conversations": testDeleteConversations,
		"feedback":             testFeedback,
		"prune":                testPrune,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func notFound(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, kb.NotFound, kb.CodeOf(err), "%v", err)
}

func unauthorized(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, kb.Unauthorized, kb.CodeOf(err), "%v", err)
}

func testKeys(t *testing.T, s Store) {
	ctx := t.Context()
	used, err := s.KeysInUse(ctx)
	require.NoError(t, err)
	require.False(t, used)
	_, err = s.KeyBySecret(ctx, "")
	unauthorized(t, err)

	first, err := s.CreateKey(ctx, kb.Key{Name: "desk", Role: kb.RoleAgent, Audience: kb.Public, KBs: []string{"help", "wiki"}})
	require.NoError(t, err)
	second, err := s.CreateKey(ctx, kb.Key{Name: "admin", Role: kb.RoleAdmin, Audience: kb.Agent})
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	_, err = s.CreateKey(ctx, kb.Key{Name: "desk", Role: kb.RoleAgent, Audience: kb.Agent})
	require.Equal(t, kb.Conflict, kb.CodeOf(err))

	k, err := s.KeyBySecret(ctx, first)
	require.NoError(t, err)
	require.NotEmpty(t, k.ID)
	require.Equal(t, kb.Key{ID: k.ID, Name: "desk", Role: kb.RoleAgent, Audience: kb.Public, KBs: []string{"help", "wiki"}, Created: k.Created}, k)
	for _, wrong := range []string{first + "x", first[:len(first)-1], "ak_", "ak__", k.ID, "ak_" + k.ID + "_"} {
		_, err = s.KeyBySecret(ctx, wrong)
		unauthorized(t, err)
	}
	list, err := s.Keys(ctx)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "admin", list[0].Name)
	require.Equal(t, k, list[1])

	require.NoError(t, s.DeleteKey(ctx, "desk"))
	notFound(t, s.DeleteKey(ctx, "desk"))
	_, err = s.KeyBySecret(ctx, first)
	unauthorized(t, err)
	require.NoError(t, s.DeleteKey(ctx, list[0].ID))
	used, err = s.KeysInUse(ctx)
	require.NoError(t, err)
	require.False(t, used)
}

func newKey(t *testing.T, s Store, name string) kb.Key {
	t.Helper()
	secret, err := s.CreateKey(t.Context(), kb.Key{Name: name, Role: kb.RoleAgent, Audience: kb.Agent})
	require.NoError(t, err)
	k, err := s.KeyBySecret(t.Context(), secret)
	require.NoError(t, err)
	return k
}

func testSessions(t *testing.T, s Store) {
	ctx := t.Context()
	_, err := s.CreateSession(ctx, "unknown", day)
	unauthorized(t, err)
	k := newKey(t, s, "desk")
	token, err := s.CreateSession(ctx, k.ID, day.Add(time.Hour))
	require.NoError(t, err)
	other, err := s.CreateSession(ctx, k.ID, day.Add(time.Hour))
	require.NoError(t, err)
	require.NotEqual(t, token, other)

	got, err := s.SessionKey(ctx, token, day, day.Add(90*time.Minute))
	require.NoError(t, err)
	require.Equal(t, k, got)
	_, err = s.SessionKey(ctx, token, day.Add(80*time.Minute), day.Add(80*time.Minute))
	require.NoError(t, err, "it was extended, and is never shortened")
	_, err = s.SessionKey(ctx, token, day.Add(90*time.Minute), day.Add(3*time.Hour))
	unauthorized(t, err)
	_, err = s.SessionKey(ctx, other, day.Add(time.Hour), day.Add(3*time.Hour))
	unauthorized(t, err)
	for _, wrong := range []string{"", "x", k.ID} {
		_, err = s.SessionKey(ctx, wrong, day, day)
		unauthorized(t, err)
	}
	require.NoError(t, s.DeleteSession(ctx, token))
	require.NoError(t, s.DeleteSession(ctx, token))
	_, err = s.SessionKey(ctx, token, day, day)
	unauthorized(t, err)
	require.NoError(t, s.DeleteKey(ctx, k.ID))
	_, err = s.SessionKey(ctx, other, day, day)
	unauthorized(t, err)
}

// record is the nth answer, n minutes into the day.
func record(owner, conversation string, n int) kb.Record {
	return kb.Record{
		ID: fmt.Sprintf("%s-%s-%d", owner, conversation, n), Owner: owner, Conversation: conversation, Created: day.Add(time.Duration(n) * time.Minute),
		Question: fmt.Sprintf("  Question\n %d?", n), Text: "Größe 😀", Body: json.RawMessage(`{"n": 1}`), Evidence: json.RawMessage(`{"e": "ü"}`),
	}
}

func save(t *testing.T, s Store, records ...kb.Record) {
	t.Helper()
	for _, r := range records {
		require.NoError(t, s.SaveAnswer(t.Context(), "About "+r.ID, r))
	}
}

func testAnswers(t *testing.T, s Store) {
	ctx := t.Context()
	one, two, three := record("", "c", 1), record("", "c", 2), record("", "c", 3)
	two.From = one.ID
	save(t, s, one, two, three, record("", "d", 4))
	got, err := s.Answer(ctx, "", two.ID)
	require.NoError(t, err)
	require.Equal(t, two, got)
	list, err := s.Answers(ctx, "", "c", 10)
	require.NoError(t, err)
	require.Equal(t, []kb.Record{one, two, three}, list)
	list, err = s.Answers(ctx, "", "c", 2)
	require.NoError(t, err)
	require.Equal(t, []kb.Record{two, three}, list)
	list, err = s.Answers(ctx, "", "unknown", 2)
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = s.Answer(ctx, "", "unknown")
	notFound(t, err)
}

func testOwners(t *testing.T, s Store) {
	ctx := t.Context()
	mine := record("me", "c", 1)
	save(t, s, mine)
	for _, owner := range []string{"you", ""} {
		_, err := s.Answer(ctx, owner, mine.ID)
		notFound(t, err)
		_, err = s.Conversation(ctx, owner, "c")
		notFound(t, err)
		list, err := s.Answers(ctx, owner, "c", 10)
		require.NoError(t, err)
		require.Empty(t, list)
		conversations, _, err := s.Conversations(ctx, owner, "", 10)
		require.NoError(t, err)
		require.Empty(t, conversations)
		notFound(t, s.SaveAnswer(ctx, "", record(owner, "c", 2)))
		n, err := s.DeleteConversations(ctx, owner, "c")
		require.NoError(t, err)
		require.Zero(t, n)
	}
	got, err := s.Answers(ctx, "me", "c", 10)
	require.NoError(t, err)
	require.Equal(t, []kb.Record{mine}, got)
}

func testConversations(t *testing.T, s Store) {
	ctx := t.Context()
	save(t, s, record("", "a", 1), record("", "b", 2), record("", "c", 3), record("", "d", 3), record("", "a", 9))
	c, err := s.Conversation(ctx, "", "a")
	require.NoError(t, err)
	require.Equal(t, kb.Conversation{ID: "a", Title: "About -a-1", Created: day.Add(time.Minute), Updated: day.Add(9 * time.Minute)}, c)

	var ids []string
	for cursor, pages := "", 0; ; pages++ {
		list, next, err := s.Conversations(ctx, "", cursor, 3)
		require.NoError(t, err)
		for _, c := range list {
			ids = append(ids, c.ID)
		}
		if cursor = next; next == "" {
			require.Equal(t, 1, pages)
			break
		}
	}
	require.Equal(t, []string{"a", "d", "c", "b"}, ids)
	_, _, err = s.Conversations(ctx, "", "no cursor", 3)
	require.Equal(t, kb.Invalid, kb.CodeOf(err))
	list, next, err := s.Conversations(ctx, "", "", 4)
	require.NoError(t, err)
	require.Len(t, list, 4)
	require.Empty(t, next, "a full last page is the last")
}

func testDeleteConversations(t *testing.T, s Store) {
	ctx := t.Context()
	save(t, s, record("me", "a", 1), record("me", "b", 2), record("me", "c", 3), record("you", "d", 4))
	n, err := s.DeleteConversations(ctx, "me", "a", "unknown", "d")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = s.Answer(ctx, "me", record("me", "a", 1).ID)
	notFound(t, err)
	n, err = s.DeleteConversations(ctx, "me")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	_, err = s.Conversation(ctx, "you", "d")
	require.NoError(t, err)
}

func testFeedback(t *testing.T, s Store) {
	ctx := t.Context()
	a, b := record("me", "c", 1), record("me", "c", 2)
	save(t, s, a, b)
	down := kb.Feedback{Answer: a.ID, Owner: "me", Reason: "outdated", Note: "ü", Created: day}
	require.NoError(t, s.SaveFeedback(ctx, kb.Feedback{Answer: a.ID, Owner: "me", Up: true, Created: day}))
	require.NoError(t, s.SaveFeedback(ctx, down))
	got, err := s.Feedback(ctx, "me", a.ID, b.ID, "unknown")
	require.NoError(t, err)
	require.Equal(t, map[string]kb.Feedback{a.ID: down}, got)
	for _, ids := range [][]string{{b.ID}, {}} {
		got, err = s.Feedback(ctx, "me", ids...)
		require.NoError(t, err)
		require.Empty(t, got)
	}
	got, err = s.Feedback(ctx, "you", a.ID)
	require.NoError(t, err)
	require.Empty(t, got)
	notFound(t, s.SaveFeedback(ctx, kb.Feedback{Answer: "unknown", Owner: "me", Created: day}))
	_, err = s.DeleteConversations(ctx, "me", "c")
	require.NoError(t, err)
	got, err = s.Feedback(ctx, "me", a.ID)
	require.NoError(t, err)
	require.Empty(t, got)
}

func testPrune(t *testing.T, s Store) {
	ctx := t.Context()
	save(t, s, record("me", "old", 1), record("you", "older", 0), record("me", "kept", 1), record("me", "kept", 5))
	n, err := s.Prune(ctx, time.Time{})
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = s.Prune(ctx, day.Add(3*time.Minute))
	require.NoError(t, err)
	require.Equal(t, 2, n)
	_, err = s.Conversation(ctx, "me", "old")
	notFound(t, err)
	list, err := s.Answers(ctx, "me", "kept", 10)
	require.NoError(t, err)
	require.Len(t, list, 2, "a conversation stays whole as long as it goes on")
}
