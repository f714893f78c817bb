package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
)

// scene is a folder of pages on their way to an index on Qdrant, and a service that
// answers from it. Each edition of a page has a code that no other text has.
type scene struct {
	t            *testing.T
	rnd          *rand.Rand
	docs, data   string
	address      string // of Qdrant
	prefix       string
	quantized    bool
	serving      *process
	codes        map[string]string // of the pages that there are, by path
	before       map[string]string // codes before the last change, of the pages that it changes
	gone         []string          // codes of editions before, and of pages that are no more
	faults, dead int               // documents that repairs found not to be right; points that did not count before
	sample       int               // of pages that are asked for after a change
}

func newScene(t *testing.T, address string, seed uint64, sample int) *scene {
	s := &scene{
		t: t, rnd: rand.New(rand.NewPCG(seed, 5)), docs: t.TempDir(), data: filepath.Join(t.TempDir(), "data"), address: address,
		prefix: fmt.Sprintf("crash-%d-%d", seed, os.Getpid()), codes: map[string]string{}, sample: sample,
	}
	s.serve()
	t.Cleanup(func() {
		ctx, c := context.WithoutCancel(t.Context()), s.client()
		list, _ := c.Collections(ctx, s.prefix) // the server may be gone before
		for _, name := range list {
			require.NoError(t, c.Drop(ctx, name))
		}
	})
	return s
}

// settings writes the settings file and returns its path.
func (s *scene) settings() string {
	file := filepath.Join(s.docs, ".askdesk.yaml")
	text := fmt.Sprintf("rate: 1000000\nindex: {kind: qdrant, qdrant: {address: '%s', prefix: %s, quantized: %t}}\n", s.address, s.prefix, s.quantized)
	require.NoError(s.t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func (s *scene) serve() {
	s.serving = start(s.t, "serve", "--data", s.data, "--config", s.settings(), "--addr", "127.0.0.1:0")
}

func (s *scene) client() *points.Client {
	c, err := points.Open(points.Options{Address: s.address})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { require.NoError(s.t, c.Close()) })
	return c
}

// page is the path of one of the pages.
func page(n int) string { return fmt.Sprintf("page-%03d.md", n) }

// newCode is a word of ten letters.
func newCode(rnd *rand.Rand) string {
	out := make([]byte, 10)
	for i := range out {
		out[i] = []string{"bdfgklmnprtvz", "aeiou"}[i%2][rnd.IntN(13-8*(i%2))]
	}
	return string(out)
}

// edition is the text of a page with a code.
func edition(path, code, audience string, days int) string {
	return fmt.Sprintf("---\naudience: %s\n---\n# Manual of %s\n\nThe code of this page is %s.\n\n## Prices\n\nWho orders a pump by the code %s gets it within %d days.\n",
		audience, strings.TrimSuffix(path, ".md"), code, code, days)
}

// write gives a page its next edition.
func (s *scene) write(path string) {
	s.forget(path)
	s.codes[path] = newCode(s.rnd)
	audience := []string{"public", "agent"}[s.rnd.IntN(2)]
	text := edition(path, s.codes[path], audience, 2+s.rnd.IntN(9))
	require.NoError(s.t, os.WriteFile(filepath.Join(s.docs, path), []byte(text), 0o600))
}

func (s *scene) remove(path string) {
	s.forget(path)
	delete(s.codes, path)
	require.NoError(s.t, os.Remove(filepath.Join(s.docs, path)))
}

func (s *scene) forget(path string) {
	s.before[path] = s.codes[path]
	if s.codes[path] != "" {
		s.gone = append(s.gone, s.codes[path])
	}
}

// some are n of the pages that there are.
func (s *scene) some(n int) (paths []string) {
	for i := range 1000 {
		if s.codes[page(i)] != "" {
			paths = append(paths, page(i))
		}
	}
	s.rnd.Shuffle(len(paths), func(i, k int) { paths[i], paths[k] = paths[k], paths[i] })
	return paths[:min(n, len(paths))]
}

// work is a change under way.
type work struct {
	done chan struct{}
	kill func()
	code int // of the process; -1: it was killed
	log  bytes.Buffer
}

// ingest brings in what changed, and removes what is gone, as a process of its own.
func (s *scene) ingest() *work {
	path, err := binary()
	require.NoError(s.t, err)
	w := &work{done: make(chan struct{})}
	cmd := exec.Command(path, "ingest", s.docs, "--source", "pages", "--prune", "--yes", "--data", s.data, "--config", s.settings())
	cmd.Env, cmd.Stderr = []string{}, &w.log
	w.kill = func() { _ = cmd.Process.Kill() } // it may have ended by itself
	require.NoError(s.t, cmd.Start())
	go func() {
		defer close(w.done)
		_ = cmd.Wait() // the code says it
		w.code = cmd.ProcessState.ExitCode()
	}()
	s.t.Cleanup(func() { w.kill(); <-w.done })
	return w
}

// drop deletes pages through the service, one after the other.
func (s *scene) drop(paths []string) *work {
	serving := s.serving
	w := &work{done: make(chan struct{}), kill: func() { _ = serving.cmd.Process.Kill() }}
	go func() {
		defer close(w.done)
		for _, path := range paths {
			status, body, err := serving.call("DELETE", "/v1/documents/"+documentID(path), "")
			fmt.Fprintf(&w.log, "%s: %d %s %v\n", path, status, body, err)
			switch {
			case err != nil:
				w.code = -1
				<-serving.done
				return
			case status != http.StatusNoContent:
				w.code = exitFailed
				return
			}
		}
	}()
	return w
}

func documentID(path string) string { return kb.DocumentID("default", "pages", path) }

// call sends a request, without a test that it could fail.
func (p *process) call(method, path, body string) (status int, answer []byte, err error) {
	r, err := http.NewRequest(method, p.address+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") == "" {
		return 0, nil, fmt.Errorf("503 without Retry-After: %s", answer)
	}
	return resp.StatusCode, answer, err
}

// find searches for a code and returns the paths of the pages whose text has it.
func (p *process) find(code string) (paths []string, status int, err error) {
	status, answer, err := p.call("POST", "/v1/search", `{"query": "`+code+`", "limit": 20}`)
	if err != nil || status != http.StatusOK {
		return nil, status, err
	}
	var found api.SearchResponse
	if err := json.Unmarshal(answer, &found); err != nil {
		return nil, status, err
	}
	for _, p := range found.Passages {
		if strings.Contains(p.Text, code) {
			paths = append(paths, p.Path)
		}
	}
	return paths, status, nil
}

// found are the paths of the pages that a search for a code shows with it.
func (s *scene) found(code string) []string {
	paths, status, err := s.serving.find(code)
	require.NoError(s.t, err, s.serving.text())
	require.Contains(s.t, []int{http.StatusOK, http.StatusNotFound}, status, "%s: %s", code, s.serving.text())
	return paths
}

// verify compares the index with the manifest.
func (s *scene) verify(codes []int, more ...string) (v verified) {
	r := once(s.t, append([]string{"index", "verify", "--json", "--data", s.data, "--config", s.settings()}, more...)...)
	require.Contains(s.t, codes, r.code, r.out+r.err)
	require.NoError(s.t, json.Unmarshal([]byte(r.out), &v), r.out+r.err)
	return v
}

var codeOf = regexp.MustCompile(`code(?: of this page is)? ([a-z]{10})\b`)

// stored are the codes that stand in the points of all collections, by document, and
// how many collections and points there are.
func (s *scene) stored() (codes map[string]map[string]bool, collections, n int) {
	c := s.client()
	list, err := c.Collections(s.t.Context(), s.prefix)
	require.NoError(s.t, err)
	codes = map[string]map[string]bool{}
	for _, name := range list {
		require.NoError(s.t, c.Scroll(s.t.Context(), name, points.Walk{Whole: true}, func(page []points.Point) error {
			for _, p := range page {
				n++
				m := codeOf.FindStringSubmatch(p.Chunk.Text)
				require.NotNil(s.t, m, p.Chunk.Text)
				if codes[p.Chunk.Document] == nil {
					codes[p.Chunk.Document] = map[string]bool{}
				}
				codes[p.Chunk.Document][m[1]] = true
			}
			return nil
		}))
	}
	return codes, len(list), n
}
