package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/kb"
)

type event struct{ name, data string }

// events reads a stream to its end; comments come as events without a name.
func events(t *testing.T, r io.Reader) []event {
	t.Helper()
	body, err := io.ReadAll(r)
	require.NoError(t, err)
	return parse(t, string(body))
}

func parse(t *testing.T, body string) (list []event) {
	t.Helper()
	for block := range strings.SplitSeq(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		if comment, ok := strings.CutPrefix(block, ": "); ok {
			list = append(list, event{"", comment})
			continue
		}
		name, data, ok := strings.Cut(block, "\n")
		require.True(t, ok, "%q", block)
		list = append(list, event{strings.TrimPrefix(name, "event: "), strings.TrimPrefix(data, "data: ")})
	}
	return list
}

func decode[T any](t *testing.T, e event, name string) T {
	t.Helper()
	require.Equal(t, name, e.name)
	var v T
	d := json.NewDecoder(strings.NewReader(e.data))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v))
	return v
}

func TestStreamSendsPassagesThenSentencesThenTheWhole(t *testing.T) {
	s := start(t, nil)
	w := s.do("POST", "/v1/answers", `{"question": "How?", "stream": true}`, "Accept-Encoding", "gzip")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "text/event-stream; charset=utf-8", w.Header().Get("Content-Type"))
	require.Empty(t, w.Header().Get("Content-Encoding"))
	list := events(t, w.Body)
	require.Len(t, list, 4)
	begin := decode[api.PassagesEvent](t, list[0], "passages")
	one, two := decode[api.DeltaEvent](t, list[1], "delta"), decode[api.DeltaEvent](t, list[2], "delta")
	done := decode[api.Answer](t, list[3], "done")

	require.Equal(t, begin.ID, done.ID)
	require.Equal(t, begin.Conversation, done.Conversation)
	require.Equal(t, begin.Passages, done.Passages)
	require.Equal(t, one.Text+two.Text, done.Text)
	require.Equal(t, done.Citations, append(one.Citations, two.Citations...))
	require.Equal(t, done, into[api.Answer](t, s.do("GET", "/v1/answers/"+done.ID, ""), http.StatusOK))
}

func TestStreamSaysHowItBroke(t *testing.T) {
	s := start(t, nil)
	for name, breaks := range map[string]func() error{
		"error": func() error { return errors.New("secret detail") },
		"panic": func() error { panic("secret detail") },
	} {
		t.Run(name, func(t *testing.T) {
			s.answerer.Before = func(_ context.Context, event int) error {
				if event == 2 {
					return breaks()
				}
				return nil
			}
			w := s.do("POST", "/v1/answers", `{"question": "How?", "stream": true}`)
			require.NotContains(t, w.Body.String(), "secret detail")
			list := events(t, w.Body)
			require.Len(t, list, 3)
			p := decode[api.Problem](t, list[2], "error")
			require.Equal(t, 500, p.Status)
			require.Equal(t, w.Header().Get("X-Request-Id"), p.RequestID)
		})
	}
}

// listen serves on a real socket until the returned stop, which gives what Serve
// returned.
func (s *service) listen(t *testing.T) (url string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(ctx, l) }()
	t.Cleanup(cancel)
	return "http://" + l.Addr().String(), func() error { cancel(); return <-done }
}

func post(ctx context.Context, t *testing.T, url, body string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	return http.DefaultClient.Do(r)
}

const streamed = `{"question": "How?", "stream": true}`

func TestAClientThatLeavesCancelsTheAnswer(t *testing.T) {
	s := start(t, nil)
	cancelled := make(chan error, 1)
	s.answerer.Before = func(ctx context.Context, event int) error {
		if event == 1 {
			<-ctx.Done()
			cancelled <- ctx.Err()
			return ctx.Err()
		}
		return nil
	}
	url, stop := s.listen(t)
	for _, body := range []string{streamed, `{"question": "How?"}`} {
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, leave)
		res, err := post(ctx, t, url+"/v1/answers", body)
		if err == nil {
			_, err = io.ReadAll(res.Body)
			require.NoError(t, res.Body.Close())
		}
		require.ErrorIs(t, err, context.Canceled)
		select {
		case err := <-cancelled:
			require.ErrorIs(t, err, context.Canceled)
		case <-time.After(5 * time.Second):
			t.Fatal("the answer goes on without its client")
		}
	}
	require.NoError(t, stop())
	require.Equal(t, 2, strings.Count(s.log.String(), "status=499"))
	require.NotContains(t, s.log.String(), "level=ERROR")
}

func TestAStopLetsStreamsFinish(t *testing.T) {
	s := start(t, nil)
	stopping := make(chan struct{})
	s.answerer.Before = func(_ context.Context, event int) error {
		if event == 1 {
			<-stopping
			time.Sleep(50 * time.Millisecond)
		}
		return nil
	}
	url, stop := s.listen(t)
	res, err := post(t.Context(), t, url+"/v1/answers", streamed)
	require.NoError(t, err)
	defer res.Body.Close()
	result := make(chan error, 1)
	go func() { result <- stop() }()
	close(stopping)
	list := events(t, res.Body)
	require.Equal(t, "done", list[len(list)-1].name)
	require.NoError(t, <-result)
	_, err = net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.Error(t, err, "it takes no new request")
}

func TestAStopEndsStreamsThatTakeTooLong(t *testing.T) {
	s := start(t, func(o *web.Options) { o.DrainTime = 50 * time.Millisecond })
	s.answerer.Before = func(ctx context.Context, event int) error {
		if event == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	url, stop := s.listen(t)
	res, err := post(t.Context(), t, url+"/v1/answers", streamed)
	require.NoError(t, err)
	defer res.Body.Close()
	result := make(chan error, 1)
	go func() { result <- stop() }()
	list := events(t, res.Body)
	p := decode[api.Problem](t, list[len(list)-1], "error")
	require.Equal(t, http.StatusServiceUnavailable, p.Status)
	require.NoError(t, <-result)
}

func TestASilentStreamIsKeptAlive(t *testing.T) {
	s := start(t, func(o *web.Options) { o.KeepAlive = 5 * time.Millisecond })
	seen := make(chan struct{})
	s.answerer.Before = func(_ context.Context, event int) error {
		if event == 1 {
			<-seen
		}
		return nil
	}
	url, _ := s.listen(t)
	res, err := post(t.Context(), t, url+"/v1/answers", streamed)
	require.NoError(t, err)
	defer res.Body.Close()
	r := bufio.NewReader(res.Body)
	for {
		line, err := r.ReadString('\n')
		require.NoError(t, err)
		if line == ": keep-alive\n" {
			break
		}
	}
	close(seen)
	rest, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Contains(t, string(rest), "event: done")
}

func TestAnAnswerMayTakeItsTimeButNoMore(t *testing.T) {
	s := start(t, func(o *web.Options) { o.AnswerTime = 30 * time.Millisecond })
	s.answerer.Before = func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }
	p := fails(t, s.do("POST", "/v1/answers", streamed), http.StatusGatewayTimeout)
	require.Equal(t, string(kb.Timeout), p.Code)
}

func TestTooManyAnswersAtOnce(t *testing.T) {
	s := start(t, func(o *web.Options) { o.Answers = 1 })
	busy, free := make(chan struct{}), make(chan struct{})
	s.answerer.Before = func(_ context.Context, event int) error {
		if event == 0 {
			busy <- struct{}{}
			<-free
		}
		return nil
	}
	first := make(chan int, 1)
	go func() { first <- s.do("POST", "/v1/answers", streamed).Code }()
	<-busy
	w := s.do("POST", "/v1/answers", streamed)
	fails(t, w, http.StatusServiceUnavailable)
	require.NotEmpty(t, w.Header().Get("Retry-After"))
	close(free)
	require.Equal(t, http.StatusOK, <-first)
}
