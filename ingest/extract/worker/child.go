package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// patience is how long a child may take to end after its input is closed.
const patience = 2 * time.Second

// child is a process that does one job at a time.
type child struct {
	cmd    *exec.Cmd
	in     *os.File
	out    *os.File
	read   *bufio.Reader
	stderr *tail
	limit  int64 // bytes of memory
	done   chan struct{}
	timer  *time.Timer // while idle

	mu     sync.Mutex
	reason error // why it was killed
}

// start runs a child and tells it its setup.
func start(cmd *exec.Cmd, setup Setup) (*child, error) {
	told, err := json.Marshal(setup)
	if err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		closeAll(inR, inW)
		return nil, fmt.Errorf("start worker: %w", err)
	}
	c := &child{cmd: cmd, in: inW, out: outR, read: bufio.NewReader(outR), stderr: &tail{}, limit: setup.MemoryLimit, done: make(chan struct{})}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inR, outW, c.stderr
	cmd.WaitDelay = patience
	if cmd.Env == nil {
		cmd.Env = environment()
	}
	ownGroup(cmd)
	err = cmd.Start()
	closeAll(inR, outW)
	if err != nil {
		closeAll(inW, outR)
		return nil, fmt.Errorf("start worker: %w", err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is read from ProcessState
		close(c.done)
	}()
	if err := writeFrame(c.in, "setup", told); err != nil {
		c.kill(ErrDied)
		c.close()
		return nil, fmt.Errorf("start worker: %w: %s", err, c.stderr)
	}
	return c, nil
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		_ = f.Close() // a pipe's end that nobody uses
	}
}

// environment is what a process needs of it on any system.
func environment() []string {
	if root := os.Getenv("SYSTEMROOT"); runtime.GOOS == "windows" && root != "" {
		return []string{"SYSTEMROOT=" + root}
	}
	return []string{}
}

func (c *child) alive() bool {
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

// kill ends the process and everything it started, for a reason.
func (c *child) kill(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason == nil {
		c.reason = reason
	}
	if c.alive() {
		killGroup(c.cmd)
	}
}

// close lets the child end by itself, and kills it if it does not.
func (c *child) close() {
	_ = c.in.Close() // tells it to end
	select {
	case <-c.done:
	case <-time.After(patience):
		c.kill(ErrClosed)
		<-c.done
	}
	_ = c.out.Close() // nothing more will come
}

// do gives the child a job and waits for the result, watching its memory. On an
// error the child is dead.
func (c *child) do(ctx context.Context, kind string, data []byte, maxReply int64) ([]byte, error) {
	type reply struct {
		body []byte
		err  error
	}
	replies := make(chan reply, 1)
	go func() {
		if err := writeFrame(c.in, kind, data); err != nil {
			replies <- reply{err: err}
			return
		}
		_, body, err := readFrame(c.read, maxReply)
		replies <- reply{body, err}
	}()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		select {
		case r := <-replies:
			if r.err == nil {
				return r.body, nil
			}
			return nil, c.failure(r.err)
		case <-poll.C:
			if n, ok := resident(c.cmd.Process.Pid); ok && n > c.limit {
				c.kill(ErrMemory)
			}
		case <-ctx.Done():
			c.kill(context.Cause(ctx))
			return nil, c.failure((<-replies).err)
		}
	}
}

// failure finds out why a job ended without a result.
func (c *child) failure(err error) error {
	for _, known := range []error{ErrGarbage, ErrTooLong} {
		if errors.Is(err, known) {
			c.kill(known)
		}
	}
	select {
	case <-c.done:
	case <-time.After(patience):
		c.kill(ErrDied)
		<-c.done
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.reason != nil:
		return c.reason
	case c.cmd.ProcessState.ExitCode() == exitMemory:
		return ErrMemory
	}
	return fmt.Errorf("%w: %s: %s", ErrDied, c.cmd.ProcessState, c.stderr)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if n := len(t.buf); n > tailSize {
		t.buf = append(t.buf[:0], t.buf[n-tailSize:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
