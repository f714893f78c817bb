package web_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web"
	"github.com/askdesk/askdesk/internal/web/api"
)

func TestABodyThatNeverComesHoldsNothing(t *testing.T) {
	s := start(t, func(o *web.Options) { o.Loopback, o.BodyTime = false, 50*time.Millisecond })
	url, stop := s.listen(t)
	for _, path := range []string{"/login", "/logout", "/v1/session", "/v1/answers", "/v1/documents"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		require.NoError(t, err)
		_, err = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nkey=")
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
		_, err = io.ReadAll(conn)
		require.NoError(t, err, "%s: the connection stays open", path)
		require.NoError(t, conn.Close())
	}
	require.NoError(t, stop())
}

func TestALongStreamOutlivesTheTimeForItsBody(t *testing.T) {
	s := start(t, func(o *web.Options) { o.BodyTime, o.KeepAlive = 50*time.Millisecond, 20*time.Millisecond })
	s.answerer.Before = func(ctx context.Context, _ int) error {
		select {
		case <-time.After(60 * time.Millisecond):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	url, stop := s.listen(t)
	resp, err := post(t.Context(), t, url+"/v1/answers", `{"question": "How?", "stream": true}`)
	require.NoError(t, err)
	list := events(t, resp.Body)
	require.NoError(t, resp.Body.Close())
	decode[api.Answer](t, list[len(list)-1], "done")
	require.NoError(t, stop())
}

func TestServeLoadsBeforeTheFirstQuestion(t *testing.T) {
	asked := make(chan struct{}, 1)
	s := start(t, func(o *web.Options) {
		o.Ready = func(ctx context.Context) error {
			asked <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}
	})
	url, stop := s.listen(t)
	<-asked
	resp, err := http.Get(url + "/healthz")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.NoError(t, stop(), "and does not wait for it at the end")
}

func TestBurstGoesWithTheRate(t *testing.T) {
	for rate, burst := range map[float64]int{0.5: 20, 1: 20, 3: 60} {
		s := start(t, func(o *web.Options) { o.Rate = rate })
		taken := 0
		for s.do("GET", "/v1/models", "").Code == http.StatusOK {
			taken++
		}
		require.Equal(t, burst, taken, "rate %v", rate)
	}
}
