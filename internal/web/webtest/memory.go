// Package webtest holds fakes of what internal/web rests on, and the contract
// suite that they and the real store pass.
package webtest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/askdesk/askdesk/internal/web/upload"
	"github.com/askdesk/askdesk/kb"
)

// Memory is everything a service remembers, in maps. Its zero value is empty and
// ready; it is safe for concurrent use.
type Memory struct {
	mu            sync.Mutex
	count         int
	bases         []kb.Base
	documents     []kb.DocumentInfo
	whole         map[string]kb.Document // as they are searched, by id
	keys          []kb.Key
	secrets       map[string]string // by key id
	sessions      map[string]session
	conversations []kb.Conversation
	records       []kb.Record
	feedback      []kb.Feedback
}

type session struct {
	key     string
	expires time.Time
}

func (m *Memory) next(prefix string) string {
	m.count++
	return fmt.Sprintf("%s%04d", prefix, m.count)
}

// Bases lists the knowledge bases by name.
func (m *Memory) Bases(context.Context) ([]kb.Base, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := slices.Clone(m.bases)
	for i := range out {
		for _, d := range m.documents {
			if d.KB == out[i].Name && d.Status == kb.Ready {
				out[i].Documents, out[i].Chunks = out[i].Documents+1, out[i].Chunks+d.Chunks
			}
		}
	}
	return out, nil
}

// CreateBase makes a knowledge base.
func (m *Memory) CreateBase(_ context.Context, name string) (kb.Base, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.ContainsFunc(m.bases, func(b kb.Base) bool { return b.Name == name }) {
		return kb.Base{}, kb.Errorf(kb.Conflict, "The knowledge base %q exists already.", name)
	}
	b := kb.Base{Name: name, Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Version: m.next("version")}
	m.bases = append(m.bases, b)
	slices.SortFunc(m.bases, func(a, b kb.Base) int { return cmp.Compare(a.Name, b.Name) })
	return b, nil
}

// DeleteBase removes a knowledge base and its documents.
func (m *Memory) DeleteBase(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bases = slices.DeleteFunc(m.bases, func(b kb.Base) bool { return b.Name == name })
	m.documents = slices.DeleteFunc(m.documents, func(d kb.DocumentInfo) bool { return d.KB == name })
	return nil
}

// Put stores a document as if it had been ingested.
func (m *Memory) Put(d kb.DocumentInfo, text string) kb.DocumentInfo {
	m.mu.Lock()
	defer m.mu.Unlock()
	d.ID = kb.DocumentID(d.KB, d.Source, d.Path)
	d.Text, d.Bytes = "", int64(len(text))
	m.index(d.Document, text)
	m.documents = slices.DeleteFunc(m.documents, func(old kb.DocumentInfo) bool { return old.ID == d.ID })
	m.documents = append(m.documents, d)
	slices.SortFunc(m.documents, func(a, b kb.DocumentInfo) int { return cmp.Compare(a.ID, b.ID) })
	return d
}

// Index stores what is searched of a document, ahead of what Put said of it.
func (m *Memory) Index(d kb.Document, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.index(d, text)
}

func (m *Memory) index(d kb.Document, text string) {
	if m.whole == nil {
		m.whole = map[string]kb.Document{}
	}
	d.Text = text
	m.whole[d.ID] = d
}

// Submit stores an uploaded file at once, as ready, and says that it is queued.
func (m *Memory) Submit(_ context.Context, f *upload.File) (kb.DocumentInfo, error) {
	data, err := io.ReadAll(f.Data)
	if err != nil {
		return kb.DocumentInfo{}, err
	}
	info := kb.DocumentInfo{Document: f.Document, Status: kb.Ready, Chunks: 1}
	info.Audience = cmp.Or(info.Audience, kb.Agent)
	info = m.Put(info, string(data))
	info.Status = kb.Queued
	return info, nil
}

// Remove deletes a document.
func (m *Memory) Remove(_ context.Context, base, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.documents = slices.DeleteFunc(m.documents, func(d kb.DocumentInfo) bool { return d.KB == base && d.ID == id })
	return nil
}

// Document returns a document.
func (m *Memory) Document(_ context.Context, id string) (kb.DocumentInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.documents {
		if d.ID == id {
			return d, nil
		}
	}
	return kb.DocumentInfo{}, kb.Errorf(kb.NotFound, "There is no document %q.", id)
}

// List lists documents by id.
func (m *Memory) List(_ context.Context, l kb.Listing) ([]kb.DocumentInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []kb.DocumentInfo
	for _, d := range m.documents {
		if d.KB == l.KB && d.ID > l.After && len(out) < l.Limit && l.Reader.Sees(&d.Document) {
			out = append(out, d)
		}
	}
	return out, nil
}

// Text is a document as it is searched.
func (m *Memory) Text(_ context.Context, _, id string) (kb.Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.whole[id], nil
}

// SaveAnswer stores an answer and its conversation.
func (m *Memory) SaveAnswer(_ context.Context, title string, r kb.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.conversations, func(c kb.Conversation) bool { return c.ID == r.Conversation })
	if i < 0 {
		m.conversations = append(m.conversations, kb.Conversation{
			ID: r.Conversation, Owner: r.Owner, Title: title, Created: r.Created,
		})
		i = len(m.conversations) - 1
	}
	if m.conversations[i].Owner != r.Owner {
		return noConversation(r.Conversation)
	}
	m.conversations[i].Updated = r.Created
	m.records = append(m.records, r)
	return nil
}

func noConversation(id string) error {
	return kb.Errorf(kb.NotFound, "There is no conversation %q.", id)
}

// Answer returns an answer.
func (m *Memory) Answer(_ context.Context, owner, id string) (kb.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.records {
		if r.ID == id && r.Owner == owner {
			return r, nil
		}
	}
	return kb.Record{}, kb.Errorf(kb.NotFound, "There is no answer %q.", id)
}

// Answers are a conversation's.
func (m *Memory) Answers(_ context.Context, owner, conversation string, limit int) ([]kb.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []kb.Record
	for _, r := range m.records {
		if r.Conversation == conversation && r.Owner == owner {
			out = append(out, r)
		}
	}
	return out[max(0, len(out)-limit):], nil
}

// Conversation returns a conversation.
func (m *Memory) Conversation(_ context.Context, owner, id string) (kb.Conversation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.conversations {
		if c.ID == id && c.Owner == owner {
			return c, nil
		}
	}
	return kb.Conversation{}, noConversation(id)
}

// Conversations lists an owner's; the cursor is the id of the last one shown.
func (m *Memory) Conversations(_ context.Context, owner, cursor string, limit int) ([]kb.Conversation, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var own []kb.Conversation
	for _, c := range m.conversations {
		if c.Owner == owner {
			own = append(own, c)
		}
	}
	slices.SortFunc(own, func(a, b kb.Conversation) int {
		return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(b.ID, a.ID))
	})
	if cursor != "" {
		i := slices.IndexFunc(own, func(c kb.Conversation) bool { return c.ID == cursor })
		if i < 0 {
			return nil, "", kb.Errorf(kb.Invalid, "The cursor is not one of this list.")
		}
		own = own[i+1:]
	}
	if len(own) > limit {
		return own[:limit], own[limit-1].ID, nil
	}
	return own, "", nil
}

// DeleteConversations deletes conversations with what belongs to them.
func (m *Memory) DeleteConversations(_ context.Context, owner string, ids ...string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	gone := map[string]bool{}
	m.conversations = slices.DeleteFunc(m.conversations, func(c kb.Conversation) bool {
		gone[c.ID] = c.Owner == owner && (len(ids) == 0 || slices.Contains(ids, c.ID))
		return gone[c.ID]
	})
	n := 0
	for _, yes := range gone {
		if yes {
			n++
		}
	}
	m.records = slices.DeleteFunc(m.records, func(r kb.Record) bool { return gone[r.Conversation] })
	m.feedback = slices.DeleteFunc(m.feedback, func(f kb.Feedback) bool {
		return !slices.ContainsFunc(m.records, func(r kb.Record) bool { return r.ID == f.Answer })
	})
	return n, nil
}

// SaveFeedback stores feedback.
func (m *Memory) SaveFeedback(_ context.Context, f kb.Feedback) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.ContainsFunc(m.records, func(r kb.Record) bool { return r.ID == f.Answer }) {
		return kb.Errorf(kb.NotFound, "There is no answer %q.", f.Answer)
	}
	m.feedback = slices.DeleteFunc(m.feedback, func(old kb.Feedback) bool { return old.Answer == f.Answer && old.Owner == f.Owner })
	m.feedback = append(m.feedback, f)
	return nil
}

// Feedback returns feedback by answer.
func (m *Memory) Feedback(_ context.Context, owner string, answers ...string) (map[string]kb.Feedback, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]kb.Feedback{}
	for _, f := range m.feedback {
		if f.Owner == owner && slices.Contains(answers, f.Answer) {
			out[f.Answer] = f
		}
	}
	return out, nil
}

// Prune deletes conversations not updated since before, and ended sessions.
func (m *Memory) Prune(ctx context.Context, before time.Time) (int, error) {
	m.mu.Lock()
	var old []kb.Conversation
	for _, c := range m.conversations {
		if c.Updated.Before(before) {
			old = append(old, c)
		}
	}
	m.mu.Unlock()
	for _, c := range old {
		if _, err := m.DeleteConversations(ctx, c.Owner, c.ID); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}
