package points

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	writeTries    = 10
	writeWaits    = 15 * time.Second       // that it usually waits between them, in all
	writePatience = time.Minute            // that it waits at most
	readWait      = 100 * time.Millisecond // before the second try of a read
)

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// once makes a call within its time limit.
func (c *Client) once(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.opt.Timeout)
	defer cancel()
	return do(ctx)
}

// read makes a call, and once more where nobody answered: that a connection broke
// is found out by the call after. What it returns is for the user.
func (c *Client) read(ctx context.Context, collection string, do func(context.Context) error) error {
	err := c.once(ctx, do)
	if away(err) && c.sleep(ctx, readWait) == nil {
		err = c.once(ctx, do)
	}
	return c.explain(ctx, collection, err)
}

// write makes a call that may be repeated, until it succeeds, is refused, or
// patience or ctx ends. What it returns is for the user.
func (c *Client) write(ctx context.Context, collection string, do func(context.Context) error) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 200*time.Millisecond, 5*time.Second
	var waited time.Duration
	for try := 1; ; try++ {
		began := time.Now()
		err := c.once(ctx, do)
		if err == nil {
			c.waiting.Store(false)
			return nil
		}
		again, after := transient(err)
		if !again || try == writeTries || ctx.Err() != nil {
			return c.explain(ctx, collection, err)
		}
		pause := max(after, wait.NextBackOff())
		if waited += pause; waited > writePatience {
			return c.explain(ctx, collection, err)
		}
		if c.opt.Waiting != nil && c.waiting.CompareAndSwap(false, true) {
			c.opt.Waiting(c.explain(ctx, collection, err), writeWaits+(writeTries-1)*time.Since(began).Round(time.Second))
		}
		c.opt.Log.InfoContext(ctx, "a write to Qdrant is tried again", "after", pause, "try", try, "error", err)
		if c.sleep(ctx, pause) != nil {
			return c.explain(ctx, collection, err)
		}
	}
}
