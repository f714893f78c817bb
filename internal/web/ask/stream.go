package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/rest"
	"github.com/askdesk/askdesk/kb"
)

// statusLeft is what the log and the metrics call a request whose client left.
const statusLeft = 499

// whole writes an answer at once.
func (s *service) whole(hc huma.Context, t *task) {
	c := humaecho.Unwrap(hc)
	s.rest.Deadlines(c.Response(), 0, s.opt.AnswerTime)
	out, err := s.run(hc.Context(), t, nil)
	if err != nil {
		s.broke(c, err)
		return
	}
	if err := c.JSON(http.StatusOK, out); err != nil {
		s.opt.Log.Debug("write answer", "error", err)
	}
}

// broke writes the error of an answer that has not begun.
func (s *service) broke(c echo.Context, err error) {
	if left(c.Request().Context()) {
		c.Response().Status = statusLeft
		return
	}
	s.rest.Fail(err, c)
}

// left reports whether the client went away, as opposed to the service stopping.
func left(ctx context.Context) bool {
	return ctx.Err() != nil && kb.CodeOf(context.Cause(ctx)) != kb.Unavailable
}

// stream writes an answer as server-sent events. The response begins with the
// first event, so that what goes wrong before is an ordinary problem.
func (s *service) stream(hc huma.Context, t *task) {
	c := humaecho.Unwrap(hc)
	s.rest.Deadlines(c.Response(), 0, s.opt.AnswerTime)
	e := &events{c: c, rc: http.NewResponseController(c.Response())}
	stop := e.keepAlive(s.opt.KeepAlive)
	var passages []kb.Passage
	out, err := s.run(hc.Context(), t, func(ev answer.Event) error {
		if !e.begun() {
			passages = ev.Passages
			begin := api.PassagesEvent{
				ID: t.record.ID, Conversation: t.record.Conversation,
				Relevance: ev.Relevance, Calibrated: ev.Calibrated, Passages: api.FromPassages(passages),
			}
			if err := e.send(api.EventPassages, begin); err != nil {
				return err
			}
		}
		if ev.Delta == "" {
			return nil
		}
		return e.send(api.EventDelta, api.DeltaEvent{Text: ev.Delta, Citations: api.FromCitations(ev.Citations, passages)})
	})
	stop()
	switch {
	case err == nil:
		err = e.send(api.EventDone, out)
	case !e.begun():
		s.broke(c, err)
		return
	case left(hc.Context()):
	default:
		err = e.send(api.EventError, s.rest.Problem(c.Request().Context(), err))
	}
	if err != nil {
		c.Response().Status = statusLeft
		s.opt.Log.Debug("stream", "error", err)
	}
}

// events writes server-sent events.
type events struct {
	c  echo.Context
	rc *http.ResponseController

	mu      sync.Mutex
	started bool
}

func (e *events) begun() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.started
}

func (e *events) send(name string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("event %s: %w", name, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.started {
		h := e.c.Response().Header()
		h.Set(echo.HeaderContentType, "text/event-stream; charset=utf-8")
		h.Set("X-Accel-Buffering", "no") // a proxy must not hold events back
		e.c.Response().WriteHeader(http.StatusOK)
		e.started = true
	}
	return e.write(fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, body))
}

func (e *events) write(b []byte) error {
	err := e.rc.SetWriteDeadline(time.Now().Add(rest.WriteTime))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := e.c.Response().Write(b); err != nil {
		return err
	}
	return e.rc.Flush()
}

// keepAlive sends a comment now and then, once the stream has begun, until stop
// is called.
func (e *events) keepAlive(every time.Duration) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			e.mu.Lock()
			if e.started {
				// A client that is gone is noticed by the next event too.
				_ = e.write([]byte(": keep-alive\n\n"))
			}
			e.mu.Unlock()
		}
	}()
	return func() { close(quit); <-done }
}
