package openai

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/askdesk/askdesk/kb"
)

var versionPart = regexp.MustCompile(`(^|/)v\d+[a-z0-9]*(/|$)`)

// normalise is the base address with its version: /v1 is added where there is none.
func normalise(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, kb.Errorf(kb.Invalid, "base_url %q is no address of a model server: it looks like http://127.0.0.1:8000/v1", raw)
	}
	u.User, u.RawQuery, u.Fragment, u.RawPath = nil, "", "", ""
	u.Path = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/chat/completions"), "/")
	if !versionPart.MatchString(u.Path) {
		u.Path += "/v1"
	}
	return u, nil
}

// attempt is one request: it is cancelled after a silence, and remembers when
// the server wants to be asked again.
type attempt struct {
	idle  time.Duration
	after time.Duration // of Retry-After

	mu    sync.Mutex
	timer *time.Timer
}

type attemptKey struct{}

// watch is ctx for the attempt's request.
func (a *attempt) watch(ctx context.Context) (context.Context, context.CancelFunc) {
	watched, cancel := context.WithCancelCause(ctx)
	a.timer = time.AfterFunc(a.idle, func() { cancel(errSilent) })
	return context.WithValue(watched, attemptKey{}, a), func() {
		a.timer.Stop()
		cancel(context.Canceled)
	}
}

func (a *attempt) heard() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer.Stop() {
		a.timer.Reset(a.idle)
	}
}

// doer is the http.Client, listening.
type doer struct{ client *http.Client }

// Do sends a request and watches the attempt in its context, if there is one.
func (d doer) Do(req *http.Request) (*http.Response, error) {
	resp, err := d.client.Do(req)
	if err == nil {
		resp.Body = &boundedBody{ReadCloser: resp.Body}
	}
	a, ok := req.Context().Value(attemptKey{}).(*attempt)
	if err != nil || !ok {
		return resp, err
	}
	a.heard()
	a.after = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	resp.Body = &heardBody{resp.Body, a}
	return resp, nil
}

// retryAfter reads seconds or a date; 0 if there is neither.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(header)); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// heardBody tells the attempt of every byte.
type heardBody struct {
	io.ReadCloser
	attempt *attempt
}

func (b *heardBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.attempt.heard()
	}
	return n, err
}

const (
	maxLine = 8 << 20  // bytes; a whole answer in one event is far shorter
	maxBody = 64 << 20 // bytes
)

// boundedBody fails with errFlood where a response, or a line of it, is longer
// than anything an answer needs: the client reads lines as a whole.
type boundedBody struct {
	io.ReadCloser
	total, line int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.total += n
	if i := bytes.LastIndexByte(p[:n], '\n'); i >= 0 {
		b.line = n - i - 1
	} else {
		b.line += n
	}
	if b.total > maxBody || b.line > maxLine {
		return 0, errFlood
	}
	return n, err
}
