package worker

import (
	"context"
	"log/slog"
	"os/exec"
	"sync"
	"time"
)

// Options configure a Pool. All fields but Log are required.
type Options struct {
	// Command makes the command of a child that calls Serve. Its environment is
	// emptied unless it is set.
	Command  func(ctx context.Context) *exec.Cmd
	Setup    Setup
	Max      int           // children at once
	MaxReply int64         // bytes of a result
	Idle     time.Duration // a child without work for that long is ended
	Log      *slog.Logger
}

// Pool keeps children that wait for jobs. It is safe for concurrent use.
type Pool struct {
	opt   Options
	slots chan struct{}

	mu     sync.Mutex
	idle   []*child
	busy   map[*child]bool
	closed bool
}

// New makes a pool. It starts nothing.
func New(opt Options) *Pool {
	return &Pool{opt: opt, slots: make(chan struct{}, opt.Max), busy: map[*child]bool{}}
}

// Do runs one job, starting a child if none is free, and waits for its result.
// The time limit covers both but not the wait for other jobs.
func (p *Pool) Do(ctx context.Context, kind string, data []byte, limit time.Duration) ([]byte, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrTimeout)
	defer cancel()
	c, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	result, err := c.do(ctx, kind, data, p.opt.MaxReply)
	p.put(c, err == nil)
	return result, err
}

// take gives a child that waits, or a new one.
func (p *Pool) take(ctx context.Context) (*child, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	for len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if c.timer.Stop() && c.alive() {
			p.busy[c] = true
			return c, nil
		}
		go c.close()
	}
	c, err := start(p.opt.Command(context.WithoutCancel(ctx)), p.opt.Setup)
	if err != nil {
		return nil, err
	}
	p.opt.Log.Debug("worker started", "pid", c.cmd.Process.Pid)
	p.busy[c] = true
	return c, nil
}

// put takes a child back, or ends it.
func (p *Pool) put(c *child, healthy bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, c)
	if !healthy || p.closed {
		p.opt.Log.Debug("worker ended", "pid", c.cmd.Process.Pid, "stderr", c.stderr.String())
		go c.close()
		return
	}
	c.timer = time.AfterFunc(p.opt.Idle, func() { p.retire(c) })
	p.idle = append(p.idle, c)
}

// retire ends a child that has waited long enough.
func (p *Pool) retire(c *child) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.idle {
		if other == c {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			go c.close()
			return
		}
	}
}

// Close ends all children. Jobs under way fail.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	all := p.idle
	for c := range p.busy {
		all = append(all, c)
		c.kill(ErrClosed)
	}
	p.idle = nil
	p.mu.Unlock()
	var wg sync.WaitGroup
	for _, c := range all {
		wg.Go(c.close)
	}
	wg.Wait()
	return nil
}
