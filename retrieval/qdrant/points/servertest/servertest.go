// Package servertest gives tests a Qdrant server: the one that ASKDESK_TEST_QDRANT
// names, or one that runs as long as the test, where the path has a qdrant. Without
// either the test is skipped; with ASKDESK_TEST_QDRANT=required it fails.
package servertest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	variable = "ASKDESK_TEST_QDRANT" // host:port of the gRPC of a server, or required
	required = "required"
	patience = 30 * time.Second // until a server answers
)

// Address is host:port of the gRPC of a server that other tests may use too.
func Address(t testing.TB) string {
	t.Helper()
	if address := os.Getenv(variable); address != "" && address != required {
		return address
	}
	return Start(t).Address()
}

// Server is a Qdrant that one test has for itself, on 127.0.0.1 and in a temporary
// folder. Kill and Start may be called by one goroutine at a time.
type Server struct {
	t          testing.TB
	path, dir  string
	grpc, http int      // ports
	nodes      int      // port by which it finds the others of its cluster; 0 without one
	args       []string // of the program

	mu    sync.Mutex
	cmd   *exec.Cmd     // nil while it is killed
	ended chan struct{} // closed when cmd has ended
}

// Start starts a Server that is empty. It ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	return begin(t, func(*Server) {})
}

// Cluster starts servers that keep collections together.
func Cluster(t testing.TB, n int) []*Server {
	t.Helper()
	var list []*Server
	for range n {
		list = append(list, begin(t, func(s *Server) {
			s.nodes = port(t)
			s.args = []string{"--uri", s.url()}
			if len(list) > 0 {
				s.args = append(s.args, "--bootstrap", list[0].url())
			}
		}))
	}
	return list
}

func (s *Server) url() string { return "http://127.0.0.1:" + strconv.Itoa(s.nodes) }

// begin starts a server once it is set up.
func begin(t testing.TB, set func(*Server)) *Server {
	t.Helper()
	path, err := exec.LookPath("qdrant")
	if err != nil {
		if os.Getenv(variable) == required {
			require.NoError(t, err, "%s is %s", variable, required)
		}
		t.Skip("needs a Qdrant: put the program qdrant on the PATH (some tests take " + variable + "=host:port of its gRPC too, such as that of tools/qdrantedge)")
	}
	s := &Server{t: t, path: path, dir: t.TempDir()}
	t.Cleanup(s.Kill)
	for range 3 { // another program may have taken a port meanwhile
		s.grpc, s.http = port(t), port(t)
		set(s)
		if err = s.start(); err == nil {
			return s
		}
	}
	require.NoError(t, err)
	return nil
}

// port is one that nobody listened on a moment ago.
func port(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().(*net.TCPAddr).Port
}

// Address is host:port of its gRPC.
func (s *Server) Address() string { return "127.0.0.1:" + strconv.Itoa(s.grpc) }

// Kill ends the process at once, as kill -9 does. What it stored is kept.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended by itself
	<-s.ended
	s.cmd = nil
}

// Start lets a killed server answer again, at its address and with its data. It
// returns when it does.
func (s *Server) Start() {
	s.t.Helper()
	require.NoError(s.t, s.start())
}

func (s *Server) start() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(s.path, append([]string{"--disable-telemetry"}, s.args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	cmd.Env = []string{
		"QDRANT__SERVICE__HOST=127.0.0.1", "QDRANT__SERVICE__GRPC_PORT=" + strconv.Itoa(s.grpc), "QDRANT__SERVICE__HTTP_PORT=" + strconv.Itoa(s.http),
		"QDRANT__STORAGE__STORAGE_PATH=" + filepath.Join(s.dir, "storage"), "QDRANT__STORAGE__SNAPSHOTS_PATH=" + filepath.Join(s.dir, "snapshots"),
		"QDRANT__TELEMETRY_DISABLED=true", "QDRANT__LOG_LEVEL=WARN",
	}
	if s.nodes != 0 {
		cmd.Env = append(cmd.Env, "QDRANT__CLUSTER__ENABLED=true", "QDRANT__CLUSTER__P2P__PORT="+strconv.Itoa(s.nodes))
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // how it ended is in its log
	s.mu.Lock()
	s.cmd, s.ended = cmd, ended
	s.mu.Unlock()
	for until := time.Now().Add(patience); !s.answers(); time.Sleep(10 * time.Millisecond) {
		select {
		case <-ended:
			return s.failed("it ended before it answered")
		default:
		}
		if time.Now().After(until) {
			s.Kill()
			return s.failed("no answer within " + patience.String())
		}
	}
	return nil
}

// failed quotes the log of a server that does not answer.
func (s *Server) failed(why string) error {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	return fmt.Errorf("qdrant: %s: %s", why, text[max(0, len(text)-2000):])
}

// answers reports whether it has read its collections, and listens for gRPC too.
func (s *Server) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/readyz", s.http), nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return false
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Address())
	if err != nil {
		return false
	}
	return c.Close() == nil
}
