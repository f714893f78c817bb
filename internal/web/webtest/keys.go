package webtest

import (
	"cmp"
	"context"
	"crypto/subtle"
	"slices"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// CreateKey makes a key.
func (m *Memory) CreateKey(_ context.Context, k kb.Key) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.ContainsFunc(m.keys, func(old kb.Key) bool { return old.Name == k.Name }) {
		return "", kb.Errorf(kb.Conflict, "A key %q exists already.", k.Name)
	}
	if k.ID == "" {
		k.ID = m.next("key")
	}
	if m.secrets == nil {
		m.secrets = map[string]string{}
	}
	m.keys = append(m.keys, k)
	m.secrets[k.ID] = "ak_" + k.ID + "_secret"
	return m.secrets[k.ID], nil
}

// Keys lists the keys by name.
func (m *Memory) Keys(context.Context) ([]kb.Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(slices.Values(m.keys), func(a, b kb.Key) int { return cmp.Compare(a.Name, b.Name) }), nil
}

// DeleteKey deletes a key by id or name.
func (m *Memory) DeleteKey(_ context.Context, idOrName string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.keys)
	m.keys = slices.DeleteFunc(m.keys, func(k kb.Key) bool { return k.ID == idOrName || k.Name == idOrName })
	if len(m.keys) == n {
		return kb.Errorf(kb.NotFound, "There is no key %q.", idOrName)
	}
	return nil
}

// KeysInUse reports whether there is any key.
func (m *Memory) KeysInUse(context.Context) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.keys) > 0, nil
}

// KeyBySecret finds a key.
func (m *Memory) KeyBySecret(_ context.Context, secret string) (kb.Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range m.keys {
		if subtle.ConstantTimeCompare([]byte(m.secrets[k.ID]), []byte(secret)) == 1 {
			return k, nil
		}
	}
	return kb.Key{}, kb.Errorf(kb.Unauthorized, "This key is not known.")
}

func (m *Memory) key(id string) (kb.Key, error) {
	for _, k := range m.keys {
		if k.ID == id {
			return k, nil
		}
	}
	return kb.Key{}, kb.Errorf(kb.Unauthorized, "The session has ended.")
}

// CreateSession begins a session.
func (m *Memory) CreateSession(_ context.Context, key string, expires time.Time) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.key(key); err != nil {
		return "", err
	}
	if m.sessions == nil {
		m.sessions = map[string]session{}
	}
	token := m.next("session")
	m.sessions[token] = session{key, expires}
	return token, nil
}

// SessionKey returns a session's key.
func (m *Memory) SessionKey(_ context.Context, token string, now, extend time.Time) (kb.Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sessions[token]
	if !ok || !now.Before(s.expires) {
		return kb.Key{}, kb.Errorf(kb.Unauthorized, "The session has ended.")
	}
	if extend.Sub(s.expires) > time.Minute {
		m.sessions[token] = session{s.key, extend}
	}
	return m.key(s.key)
}

// DeleteSession ends a session.
func (m *Memory) DeleteSession(_ context.Context, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, token)
	return nil
}
