package uploads

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// holding is how long the write lock is handed on in this process before others get it.
const holding = 250 * time.Millisecond

// turn lets those in this process who want the write lock of the data folder have it
// one after the other, in order. Who comes next takes over the lock of the one before,
// for a while: a command that writes long takes the lock for many documents at a time,
// and would get it back after each single one that waits here.
type turn struct {
	lock    func(ctx context.Context) (unlock func() error, err error)
	now     func() time.Time
	waiting atomic.Int32
	token   chan struct{} // who has it may use what follows
	unlock  func() error  // nil: the lock is not held
	since   time.Time     // that it is
}

func newTurn(lock func(context.Context) (func() error, error), now func() time.Time) *turn {
	return &turn{lock: lock, now: now, token: make(chan struct{}, 1)}
}

// take does something while it holds the write lock, which it waits for as long as ctx
// lasts.
func (t *turn) take(ctx context.Context, do func() error) (err error) {
	t.waiting.Add(1)
	select {
	case t.token <- struct{}{}:
		t.waiting.Add(-1)
	case <-ctx.Done():
		t.waiting.Add(-1)
		err = kb.Wrap(kb.Unavailable, ctx.Err(), "Other documents are being written. Try again when they are done.")
		return errors.Join(err, t.rest()) // the lock may have been kept for this one
	}
	defer func() {
		if t.unlock != nil && t.now().Sub(t.since) >= holding {
			err = errors.Join(err, t.free())
		}
		<-t.token
		err = errors.Join(err, t.rest())
	}()
	if t.unlock == nil {
		if t.unlock, err = t.lock(ctx); err != nil {
			return err
		}
		t.since = t.now()
	}
	return do()
}

// rest gives the lock back if it is held and nobody waits. It comes after all that may
// leave that so.
func (t *turn) rest() (err error) {
	if t.waiting.Load() > 0 {
		return nil
	}
	select {
	case t.token <- struct{}{}:
	default: // who has it comes here, too
		return nil
	}
	if t.unlock != nil {
		err = t.free()
	}
	<-t.token
	return err
}

func (t *turn) free() error {
	unlock := t.unlock
	t.unlock = nil
	return unlock()
}
