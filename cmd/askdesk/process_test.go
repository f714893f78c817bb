package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web/api"
)

// binary is built once, without the race detector, as a user's is.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "askdesk-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "askdesk")
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "worker" { // started by a command under test
		main()
	}
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	if dir, err := written(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// compiled spares a data folder the seconds that compiling the reader of PDFs
// takes: what other runs of the tests compiled is used again.
func compiled(t *testing.T, data string) {
	t.Helper()
	cache := filepath.Join(os.TempDir(), "askdesk-test-pdfium")
	require.NoError(t, os.MkdirAll(cache, 0o700))
	_ = os.Symlink(cache, filepath.Join(data, "cache")) // where there are no links, the test takes longer
}

// process is a running askdesk.
type process struct {
	cmd     *exec.Cmd
	address string
	mu      sync.Mutex
	log     bytes.Buffer
	done    chan struct{}
}

// start runs a serving command with an empty environment and waits for its address.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	path, err := binary()
	require.NoError(t, err)
	p := &process{cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Env = []string{}
	p.cmd.Stderr = writerFunc(p.write)
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			_, _ = p.write([]byte(lines.Text() + "\n"))
			if m := regexp.MustCompile(`http://[0-9a-z.]+:[0-9]+`).FindString(lines.Text()); m != "" {
				select {
				case found <- m:
				default:
				}
			}
		}
		_ = p.cmd.Wait() // how it ended stands in ProcessState
		close(p.done)
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.done })
	select {
	case p.address = <-found:
	case <-p.done:
		require.Fail(t, "it ended before it served", p.text())
	case <-time.After(time.Minute):
		require.Fail(t, "no address within a minute", p.text())
	}
	return p
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func (p *process) write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// stop asks it to end and returns its exit code.
func (p *process) stop(t *testing.T) int {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		require.Fail(t, "it did not stop", p.text())
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) ask(t *testing.T, body string) (api.Answer, int) {
	t.Helper()
	resp, err := http.Post(p.address+"/v1/answers", "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	var a api.Answer
	if resp.StatusCode == http.StatusOK {
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&a))
	}
	return a, resp.StatusCode
}

// once runs a command that ends by itself, with an empty environment.
func once(t *testing.T, args ...string) result {
	t.Helper()
	path, err := binary()
	require.NoError(t, err)
	ctx := context.Background()
	if limit, ok := t.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, limit.Add(-10*time.Second)) // so that what it said is still shown
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

func TestDemoWorksWithNothingAndTwice(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	compiled(t, data)
	taken, err := net.Listen("tcp", "127.0.0.1:8080")
	if err == nil {
		defer taken.Close()
	} // else another program has it, which is as good
	first := start(t, "demo", "--data", data, "--no-browser")
	require.NotContains(t, first.address, ":8080")
	a, status := first.ask(t, `{"question": "How do I reset my password?"}`)
	require.Equal(t, http.StatusOK, status)
	require.NotEmpty(t, a.Citations)
	require.NotEqual(t, "handoff", a.Band)
	require.Equal(t, 0, first.stop(t), first.text())

	second := start(t, "demo", "--data", data, "--no-browser", "--addr", "127.0.0.1:0")
	require.Eventually(t, func() bool { return strings.Contains(second.text(), "Nothing to ingest") }, time.Minute, 20*time.Millisecond)
	b, status := second.ask(t, `{"question": "How do I reset my password?"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, a.Text, b.Text)
	require.Equal(t, 0, second.stop(t))
}

func TestASecondServeSaysWhoElseServes(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first := start(t, "serve", "--data", data, "--addr", "127.0.0.1:0")
	second := start(t, "serve", "--data", data, "--addr", "127.0.0.1:0")
	name := fmt.Sprintf("%s (process %d)", first.address, first.cmd.Process.Pid)
	require.Eventually(t, func() bool { return strings.Contains(second.text(), name) }, 10*time.Second, 10*time.Millisecond)
	require.NotContains(t, first.text(), "another process")
	second.request(t, "GET", "/readyz", "", nil, http.StatusOK)
	require.NoError(t, first.cmd.Process.Kill())
	<-first.done
	third := start(t, "serve", "--data", data, "--addr", "127.0.0.1:0")
	require.NotContains(t, third.text(), "another process", "the lock of a process that died is free")
	require.Equal(t, 0, third.stop(t), third.text())
	require.NoFileExists(t, filepath.Join(data, "serve.holder"))
}

func TestServeFollowsAnotherProcess(t *testing.T) {
	t.Parallel()
	data, docs := t.TempDir(), t.TempDir()
	article := filepath.Join(docs, "warranty.md")
	require.NoError(t, os.WriteFile(article, []byte("# Warranty\n\nThe pump carries a warranty of 18 months from delivery.\n"), 0o600))
	serving := start(t, "serve", "--data", data, "--addr", "127.0.0.1:0")
	_, status := serving.ask(t, `{"question": "How long is the warranty of the pump?"}`)
	require.Equal(t, http.StatusNotFound, status)

	r := once(t, "ingest", docs, "--data", data, "--json")
	require.Equal(t, exitDone, r.code, r.err)
	require.Eventually(t, func() bool {
		a, status := serving.ask(t, `{"question": "How long is the warranty of the pump?"}`)
		return status == http.StatusOK && strings.Contains(a.Text, "18 months")
	}, 4*time.Second, 50*time.Millisecond)

	require.NoError(t, os.WriteFile(article, []byte("# Warranty\n\nThe pump carries a warranty of 36 months from delivery.\n"), 0o600))
	require.Equal(t, exitDone, once(t, "ingest", docs, "--data", data).code)
	require.Eventually(t, func() bool {
		a, _ := serving.ask(t, `{"question": "How long is the warranty of the pump?"}`)
		return strings.Contains(a.Text, "36 months") && !strings.Contains(a.Text, "18 months")
	}, 4*time.Second, 50*time.Millisecond)

	require.Contains(t, once(t, "ingest", docs, "--data", data).err, "Nothing to ingest")

	key := once(t, "keys", "create", "--name", "desk", "--data", data)
	require.Equal(t, exitDone, key.code, key.err)
	require.Eventually(t, func() bool {
		_, status := serving.ask(t, `{"question": "How long is the warranty of the pump?"}`)
		return status == http.StatusUnauthorized
	}, 4*time.Second, 50*time.Millisecond)
}

func TestServeSurvivesKill9(t *testing.T) {
	t.Parallel()
	data, docs := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(docs, "a.md"), []byte("# Opening hours\n\nThe depot opens at 07:30 on weekdays.\n"), 0o600))
	require.Equal(t, exitDone, once(t, "ingest", docs, "--data", data).code)
	p := start(t, "serve", "--data", data, "--addr", "127.0.0.1:0")
	a, status := p.ask(t, `{"question": "When does the depot open?"}`)
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGKILL))
	<-p.done

	p = start(t, "serve", "--data", data, "--addr", "127.0.0.1:0")
	resp, err := http.Get(p.address + "/v1/answers/" + a.ID)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode, "an answer that was given is kept")
}

func TestServeRefusesTheNetworkWithoutAKey(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := once(t, "serve", "--data", data, "--addr", "0.0.0.0:0")
	require.Equal(t, exitUsage, r.code, r.err)
	require.Contains(t, r.err, "askdesk keys create")
	require.Contains(t, r.err, "--no-auth")
	require.Equal(t, exitDone, once(t, "keys", "create", "--name", "x", "--data", data).code)
	p := start(t, "serve", "--data", data, "--addr", "0.0.0.0:0")
	require.Equal(t, 0, p.stop(t), p.text())
}

func TestPortTakenSaysWhatToDo(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	r := once(t, "serve", "--data", t.TempDir(), "--addr", l.Addr().String())
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err, "--addr")
}
