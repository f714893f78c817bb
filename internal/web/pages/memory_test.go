package pages_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web/upload"
	"github.com/askdesk/askdesk/internal/web/webtest"
	"github.com/askdesk/askdesk/kb"
)

// memory keeps what a data folder would keep. It reads an upload in steps: each
// look at a document moves it on by one.
type memory struct {
	webtest.Memory

	mu       sync.Mutex
	feedback []kb.Feedback
	ended    bool // sessions are over
}

func (m *memory) Submit(ctx context.Context, f *upload.File) (kb.DocumentInfo, error) {
	info, err := m.Memory.Submit(ctx, f)
	if err != nil {
		return info, err
	}
	whole, err := m.Text(ctx, info.KB, info.ID)
	if err != nil {
		return info, err
	}
	info.Title, info.Chunks = strings.TrimSuffix(f.Document.Path, ".md"), 0
	return m.Put(info, whole.Text), nil
}

func (m *memory) Document(ctx context.Context, id string) (kb.DocumentInfo, error) {
	d, err := m.Memory.Document(ctx, id)
	if err != nil {
		return d, err
	}
	whole, err := m.Text(ctx, d.KB, id)
	if err != nil {
		return d, err
	}
	text := whole.Text
	switch {
	case d.Status == kb.Queued:
		d.Status = kb.Reading
	case d.Status == kb.Reading && strings.HasPrefix(text, "BROKEN"):
		d.Status, d.Reason = kb.Failed, "The file is cut off in the middle. Save it again and upload the new copy."
	case strings.HasPrefix(text, "SLOW"): // never done
	case d.Status == kb.Reading:
		d.Status, d.Chunks = kb.Ready, 3
	}
	return m.Put(d, text), nil
}

func (m *memory) SaveFeedback(ctx context.Context, f kb.Feedback) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.feedback = append(m.feedback, f)
	return m.Memory.SaveFeedback(ctx, f)
}

func (m *memory) lastFeedback() kb.Feedback {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]kb.Feedback{{}}, m.feedback...)[len(m.feedback)]
}

func (m *memory) SessionKey(ctx context.Context, token string, now, extend time.Time) (kb.Key, error) {
	m.mu.Lock()
	ended := m.ended
	m.mu.Unlock()
	if ended {
		return kb.Key{}, kb.Errorf(kb.Unauthorized, "The session has ended. Sign in again.")
	}
	return m.Memory.SessionKey(ctx, token, now, extend)
}

// endSessions makes everybody sign in again, for as long as on is true.
func (m *memory) endSessions(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = on
}

// all are the documents of a base.
func (m *memory) all(t *testing.T, base string) []kb.DocumentInfo {
	t.Helper()
	list, err := m.List(t.Context(), kb.Listing{KB: base, Reader: kb.Reader{Audience: kb.Agent}, Limit: 1000})
	require.NoError(t, err)
	return list
}

// at is the document at a path.
func (m *memory) at(t *testing.T, path string) kb.DocumentInfo {
	t.Helper()
	list := m.all(t, "default")
	i := slices.IndexFunc(list, func(d kb.DocumentInfo) bool { return d.Path == path })
	require.GreaterOrEqual(t, i, 0, path)
	return list[i]
}
