package pages_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/askdesk/askdesk/internal/web/upload"
	"github.com/askdesk/askdesk/kb"
)

// memory keeps in lists what a data folder would keep.
type memory struct {
	mu            sync.Mutex
	bases         []kb.Base
	documents     []kb.DocumentInfo
	texts         map[string]string
	records       []kb.Record
	conversations []kb.Conversation
	feedback      []kb.Feedback
	keys          map[string]kb.Key // by secret
	sessions      map[string]kb.Key // by token
	reading       map[string]int    // looks left until an upload is read
}

func newMemory() *memory {
	m := &memory{texts: map[string]string{}, keys: map[string]kb.Key{}, sessions: map[string]kb.Key{}, reading: map[string]int{}}
	return m
}

func (m *memory) lock() func() {
	m.mu.Lock()
	return m.mu.Unlock
}

func (m *memory) Bases(context.Context) ([]kb.Base, error) {
	defer m.lock()()
	out := slices.Clone(m.bases)
	for i := range out {
		for _, d := range m.documents {
			if d.KB == out[i].Name && d.Status == kb.Ready {
				out[i].Documents++
				out[i].Chunks += d.Chunks
			}
		}
	}
	return out, nil
}

func (m *memory) CreateBase(_ context.Context, name string) (kb.Base, error) {
	defer m.lock()()
	m.bases = append(m.bases, kb.Base{Name: name})
	return m.bases[len(m.bases)-1], nil
}

func (m *memory) DeleteBase(_ context.Context, name string) error {
	defer m.lock()()
	m.bases = slices.DeleteFunc(m.bases, func(b kb.Base) bool { return b.Name == name })
	return nil
}

// Document moves an upload on by one step each time somebody looks.
func (m *memory) Document(_ context.Context, id string) (kb.DocumentInfo, error) {
	defer m.lock()()
	for i := range m.documents {
		d := &m.documents[i]
		if d.ID != id {
			continue
		}
		if m.reading[id] > 0 {
			m.reading[id]--
			m.advance(d)
		}
		return *d, nil
	}
	return kb.DocumentInfo{}, kb.Errorf(kb.NotFound, "There is no such document.")
}

func (m *memory) advance(d *kb.DocumentInfo) {
	switch {
	case m.reading[d.ID] > 0:
		d.Status = kb.Reading
	case strings.HasPrefix(m.texts[d.ID], "BROKEN"):
		d.Status, d.Reason = kb.Failed, "The file is cut off in the middle. Save it again and upload the new copy."
	default:
		d.Status, d.Chunks = kb.Ready, 3
	}
}

func (m *memory) List(_ context.Context, base, after string, limit int) ([]kb.DocumentInfo, error) {
	defer m.lock()()
	var out []kb.DocumentInfo
	for _, d := range m.documents {
		if d.KB == base && d.ID > after {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b kb.DocumentInfo) int { return strings.Compare(a.ID, b.ID) })
	return out[:min(limit, len(out))], nil
}

func (m *memory) Text(_ context.Context, _, id string) (string, error) {
	defer m.lock()()
	return m.texts[id], nil
}

func (m *memory) Submit(_ context.Context, f upload.File) (kb.DocumentInfo, error) {
	defer m.lock()()
	d := f.Document
	d.ID = kb.DocumentID(d.KB, d.Source, d.Path)
	d.Title = strings.TrimSuffix(d.Path, ".md")
	m.texts[d.ID], m.reading[d.ID] = string(f.Data), 2
	info := kb.DocumentInfo{Document: d, Status: kb.Queued, Bytes: int64(len(f.Data))}
	m.documents = append(m.documents, info)
	return info, nil
}

func (m *memory) Remove(_ context.Context, _, id string) error {
	defer m.lock()()
	m.documents = slices.DeleteFunc(m.documents, func(d kb.DocumentInfo) bool { return d.ID == id })
	return nil
}

func (m *memory) SaveAnswer(_ context.Context, r kb.Record) error {
	defer m.lock()()
	m.records = append(m.records, r)
	for i := range m.conversations {
		if m.conversations[i].ID == r.Conversation {
			m.conversations[i].Updated = r.Created
			return nil
		}
	}
	m.conversations = append(m.conversations, kb.Conversation{
		ID: r.Conversation, Owner: r.Owner, Title: r.Question[:min(80, len(r.Question))], Created: r.Created, Updated: r.Created,
	})
	return nil
}

func (m *memory) Answer(_ context.Context, owner, id string) (kb.Record, error) {
	defer m.lock()()
	for _, r := range m.records {
		if r.ID == id && r.Owner == owner {
			return r, nil
		}
	}
	return kb.Record{}, kb.Errorf(kb.NotFound, "There is no such answer.")
}

func (m *memory) Answers(_ context.Context, owner, conversation string, limit int) ([]kb.Record, error) {
	defer m.lock()()
	var out []kb.Record
	for _, r := range m.records {
		if r.Owner == owner && r.Conversation == conversation {
			out = append(out, r)
		}
	}
	return out[max(0, len(out)-limit):], nil
}

func (m *memory) Conversation(_ context.Context, owner, id string) (kb.Conversation, error) {
	defer m.lock()()
	for _, c := range m.conversations {
		if c.ID == id && c.Owner == owner {
			return c, nil
		}
	}
	return kb.Conversation{}, kb.Errorf(kb.NotFound, "There is no such conversation. It may have been deleted.")
}

func (m *memory) Conversations(_ context.Context, owner, _ string, limit int) ([]kb.Conversation, string, error) {
	defer m.lock()()
	var out []kb.Conversation
	for _, c := range slices.Backward(m.conversations) {
		if c.Owner == owner {
			out = append(out, c)
		}
	}
	return out[:min(limit, len(out))], "", nil
}

func (m *memory) DeleteConversations(_ context.Context, _ string, ids ...string) (int, error) {
	defer m.lock()()
	before := len(m.conversations)
	m.conversations = slices.DeleteFunc(m.conversations, func(c kb.Conversation) bool { return slices.Contains(ids, c.ID) })
	return before - len(m.conversations), nil
}

func (m *memory) SaveFeedback(_ context.Context, f kb.Feedback) error {
	defer m.lock()()
	m.feedback = append(m.feedback, f)
	return nil
}

func (m *memory) Feedback(_ context.Context, _ string, answers ...string) (map[string]kb.Feedback, error) {
	defer m.lock()()
	out := map[string]kb.Feedback{}
	for _, f := range m.feedback {
		if slices.Contains(answers, f.Answer) {
			out[f.Answer] = f
		}
	}
	return out, nil
}

func (m *memory) lastFeedback() kb.Feedback {
	defer m.lock()()
	if len(m.feedback) == 0 {
		return kb.Feedback{}
	}
	return m.feedback[len(m.feedback)-1]
}

func (m *memory) KeyBySecret(_ context.Context, secret string) (kb.Key, error) {
	defer m.lock()()
	if k, ok := m.keys[secret]; ok {
		return k, nil
	}
	return kb.Key{}, kb.Errorf(kb.Unauthorized, "This key is not known.")
}

func (m *memory) KeysInUse(context.Context) (bool, error) {
	defer m.lock()()
	return len(m.keys) > 0, nil
}

func (m *memory) CreateSession(_ context.Context, key string, _ time.Time) (string, error) {
	defer m.lock()()
	for _, k := range m.keys {
		if k.ID == key {
			m.sessions["token-"+key] = k
		}
	}
	return "token-" + key, nil
}

func (m *memory) SessionKey(_ context.Context, token string, _, _ time.Time) (kb.Key, error) {
	defer m.lock()()
	if k, ok := m.sessions[token]; ok {
		return k, nil
	}
	return kb.Key{}, kb.Errorf(kb.Unauthorized, "Your session has ended. Sign in again on /login.")
}

func (m *memory) DeleteSession(_ context.Context, token string) error {
	defer m.lock()()
	delete(m.sessions, token)
	return nil
}

func (m *memory) endSessions() {
	defer m.lock()()
	clear(m.sessions)
}
