package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain is also the child: the test binary runs itself with this argument.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "sleep" {
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	if len(os.Args) > 1 && os.Args[1] == "child" {
		if err := Serve(context.Background(), os.Stdin, os.Stdout, func(s Setup) Handler { return s.misbehave }); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// misbehave does what the kind of a job says.
func (s Setup) misbehave(_ context.Context, kind string, data []byte) ([]byte, error) {
	switch kind {
	case "echo":
		return data, nil
	case "pid":
		return fmt.Append(nil, os.Getpid()), nil
	case "setup":
		return fmt.Appendf(nil, "%s %d %q", s.CacheDir, s.MemoryLimit, os.Environ()), nil
	case "error":
		return nil, errors.New("no such luck")
	case "panic":
		panic("out of my mind")
	case "exit":
		os.Exit(0)
	case "hang":
		select {}
	case "spin":
		for i := 0; ; i++ {
		}
	case "balloon":
		for all := [][]byte{}; ; {
			all = append(all, bytes.Repeat([]byte{1}, 1<<22))
			time.Sleep(time.Millisecond)
			if len(all) > 1<<12 {
				return nil, nil
			}
		}
	case "grandchild":
		cmd := exec.Command(os.Args[0], "sleep")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		select {}
	case "garbage":
		fmt.Println("this is no frame, but a message of a library")
	case "long":
		return bytes.Repeat([]byte("x"), 1<<16), nil
	}
	return nil, nil
}

func pool(t *testing.T, opt Options) *Pool {
	t.Helper()
	if opt.Command == nil {
		opt.Command = func(context.Context) *exec.Cmd { return exec.Command(os.Args[0], "child") }
	}
	if opt.Max == 0 {
		opt.Max = 1
	}
	if opt.Idle == 0 {
		opt.Idle = time.Minute
	}
	opt.MaxReply = 1 << 15
	opt.Log = slog.New(slog.DiscardHandler)
	if opt.Setup.MemoryLimit == 0 {
		opt.Setup.MemoryLimit = 1 << 30
	}
	p := New(opt)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

const enough = 20 * time.Second

func do(t *testing.T, p *Pool, kind, data string) string {
	t.Helper()
	out, err := p.Do(context.Background(), kind, []byte(data), enough)
	require.NoError(t, err)
	return string(out)
}

func TestAChildServesManyJobs(t *testing.T) {
	t.Parallel()
	p := pool(t, Options{Setup: Setup{CacheDir: "/cache", MemoryLimit: 1 << 29}})
	first := do(t, p, "pid", "")
	require.Equal(t, "text", do(t, p, "echo", "text"))
	require.Empty(t, do(t, p, "echo", ""))
	require.Equal(t, strings.Repeat("a", 1<<14), do(t, p, "echo", strings.Repeat("a", 1<<14)))
	require.Equal(t, first, do(t, p, "pid", ""))
	require.Equal(t, `/cache 536870912 []`, do(t, p, "setup", ""))
}

func TestTroubleCostsOneJob(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		want  error
		words string
		limit time.Duration
	}{
		"error":      {ErrDied, "no such luck", enough},
		"panic":      {ErrDied, "out of my mind", enough},
		"exit":       {ErrDied, "exit status 0", enough},
		"hang":       {ErrTimeout, "", 300 * time.Millisecond},
		"spin":       {ErrTimeout, "", 300 * time.Millisecond},
		"grandchild": {ErrTimeout, "", 300 * time.Millisecond},
		"balloon":    {ErrMemory, "", enough},
		"garbage":    {ErrGarbage, "", enough},
		"long":       {ErrTooLong, "", enough},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p := pool(t, Options{Setup: Setup{MemoryLimit: 200 << 20}})
			before := do(t, p, "pid", "")
			start := time.Now()
			_, err := p.Do(context.Background(), kind, nil, c.limit)
			require.ErrorIs(t, err, c.want)
			require.Contains(t, err.Error(), c.words)
			require.Less(t, time.Since(start), 15*time.Second)
			require.NotEqual(t, before, do(t, p, "pid", ""), "the next job has a new child")
		})
	}
}

func TestAChildThatDoesNotStart(t *testing.T) {
	t.Parallel()
	p := pool(t, Options{Command: func(context.Context) *exec.Cmd { return exec.Command("/no/such/program") }})
	_, err := p.Do(context.Background(), "echo", nil, enough)
	require.ErrorContains(t, err, "start worker")
	p = pool(t, Options{Command: func(context.Context) *exec.Cmd { return exec.Command(os.Args[0], "-test.run=^$") }})
	_, err = p.Do(context.Background(), "echo", nil, enough)
	require.ErrorIs(t, err, ErrDied, "a test binary says PASS and ends")
}

func TestJobsWaitForAChild(t *testing.T) {
	t.Parallel()
	p := pool(t, Options{Max: 2})
	var mu sync.Mutex
	pids := map[string]bool{}
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			out, err := p.Do(context.Background(), "pid", nil, enough)
			mu.Lock()
			defer mu.Unlock()
			pids[string(out)] = err == nil
		})
	}
	wg.Wait()
	require.LessOrEqual(t, len(pids), 2)
	for _, ok := range pids {
		require.True(t, ok)
	}
}

func TestTheCallerLeaves(t *testing.T) {
	t.Parallel()
	p := pool(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(200*time.Millisecond, cancel)
	_, err := p.Do(ctx, "hang", nil, enough)
	require.ErrorIs(t, err, context.Canceled)
	_, err = p.Do(ctx, "echo", nil, enough)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, "on", do(t, p, "echo", "on"))
}

func TestIdleChildrenEnd(t *testing.T) {
	t.Parallel()
	p := pool(t, Options{Idle: 50 * time.Millisecond})
	first := do(t, p, "pid", "")
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.idle) == 0
	}, 5*time.Second, 10*time.Millisecond)
	require.NotEqual(t, first, do(t, p, "pid", ""))
}

func TestClose(t *testing.T) {
	t.Parallel()
	p := pool(t, Options{})
	failed := make(chan error)
	go func() {
		_, err := p.Do(context.Background(), "hang", nil, enough)
		failed <- err
	}()
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.busy) == 1
	}, 5*time.Second, time.Millisecond)
	require.NoError(t, p.Close())
	require.ErrorIs(t, <-failed, ErrClosed)
	_, err := p.Do(context.Background(), "echo", nil, enough)
	require.ErrorIs(t, err, ErrClosed)
}

func TestServeEndsWithItsInput(t *testing.T) {
	t.Parallel()
	start := func(Setup) Handler { return Setup{}.misbehave }
	require.NoError(t, Serve(context.Background(), strings.NewReader(""), io.Discard, start))
	require.ErrorIs(t, Serve(context.Background(), strings.NewReader("something that is no frame"), io.Discard, start), ErrGarbage)
}

func FuzzReadFrame(f *testing.F) {
	var buf bytes.Buffer
	require.NoError(f, writeFrame(&buf, "kind", []byte("body")))
	f.Add(buf.Bytes())
	f.Add(buf.Bytes()[:13])
	f.Fuzz(func(t *testing.T, data []byte) {
		head, body, err := readFrame(bytes.NewReader(data), 1<<10)
		if err == nil {
			var again bytes.Buffer
			require.NoError(t, writeFrame(&again, head, body))
			require.True(t, bytes.HasPrefix(data, again.Bytes()))
		}
	})
}
