package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/servertest"
)

// crashes is how often something is killed: ASKDESK_QDRANT_CRASHES times, or a few.
func crashes(t *testing.T, few int) int {
	s := os.Getenv("ASKDESK_QDRANT_CRASHES")
	if s == "" {
		return few
	}
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

// changes are what a folder and its index go through, in this order.
var changes = []struct {
	name string
	make func(*scene) *work
}{
	{"fill", func(s *scene) *work { // more than a batch, into nothing
		for n := range 80 {
			s.write(page(n))
		}
		return s.ingest()
	}},
	{"update", func(s *scene) *work {
		for _, path := range s.some(25) {
			s.write(path)
		}
		for n := range 10 {
			s.write(page(100 + n))
		}
		return s.ingest()
	}},
	{"prune", func(s *scene) *work {
		for _, path := range s.some(20) {
			s.remove(path)
		}
		return s.ingest()
	}},
	{"delete", func(s *scene) *work {
		paths := s.some(15)
		for _, path := range paths {
			s.remove(path)
		}
		return s.drop(paths)
	}},
	{"move", func(s *scene) *work { // to another collection
		s.quantized = !s.quantized
		for _, path := range s.some(10) {
			s.write(path)
		}
		return s.ingest()
	}},
}

// rounds makes changes and disturbs them, until so many were met by it. Each scene
// begins with nothing; the changes of the first are not disturbed, and say how long
// each takes.
func rounds(t *testing.T, address string, want int, disturb func(s *scene, w *work, moment time.Duration) bool) {
	took := make([]time.Duration, len(changes))
	met, faults, dead := 0, 0, 0
	for seed := uint64(0); met < want; seed++ {
		require.Less(t, int(seed), 2+want, "changes are never caught")
		s := newScene(t, address, seed, min(25, want))
		for i, change := range changes {
			s.before = map[string]string{}
			began := time.Now()
			w := change.make(s)
			hit := false
			if moment := time.Duration(s.rnd.Float64() * float64(took[i])); seed > 0 {
				if hit = disturb(s, w, moment); hit {
					met++
				}
			}
			<-w.done
			if !hit {
				require.Zero(t, w.code, w.log.String())
				took[i] = time.Since(began)
			}
			about := fmt.Sprintf("scene %d, %s, disturbed: %t, code %d", seed, change.name, hit, w.code)
			if hit {
				s.again()
				s.unsettled(about)
				about += s.recover(w, about)
			}
			if hit || i == len(changes)-1 {
				s.settled(about)
			}
			t.Logf("%s", about)
			if met == want {
				break
			}
		}
		faults, dead = faults+s.faults, dead+s.dead
	}
	t.Logf("killed %d times; found by repairs: %d documents that were not right, %d points that did not count", met, faults, dead)
}

// again starts the service again, if it was killed.
func (s *scene) again() {
	select {
	case <-s.serving.done:
		s.serve()
	default:
	}
}

// unsettled proves that nothing wrong is found before anybody repairs anything: each
// page in one edition, that before the change or that after it.
func (s *scene) unsettled(about string) {
	n := 0
	for path, old := range s.before {
		if n++; n > s.sample {
			break
		}
		was := old != "" && len(s.found(old)) > 0
		is := s.codes[path] != "" && len(s.found(s.codes[path])) > 0
		require.False(s.t, was && is, "%s: %s is found in two editions", about, path)
	}
	s.unfound(about)
}

// unfound searches for codes that went before the last change.
func (s *scene) unfound(about string) {
	changing := map[string]bool{}
	for _, code := range s.before {
		changing[code] = true
	}
	n := 0
	for i := len(s.gone) - 1; i >= 0 && n < s.sample; i-- {
		if !changing[s.gone[i]] {
			n++
			require.Empty(s.t, s.found(s.gone[i]), "%s: %s is found again", about, s.gone[i])
		}
	}
}

// recover does what an operator does, and returns what the repair found.
func (s *scene) recover(w *work, about string) (found string) {
	if s.serving.ready() { // else there is no knowledge base yet
		_, _, n := s.stored()
		v := s.verify([]int{exitDone, exitPartial}, "--repair")
		s.faults, s.dead = s.faults+len(v.Faults), s.dead+n-v.Chunks
		found = fmt.Sprintf("; %d documents were there of %d, %d not right, and %d points that did not count", v.Documents, len(s.codes), len(v.Faults), n-v.Chunks)
		v = s.verify([]int{exitDone, exitPartial})
		require.Zero(s.t, v.Leftover, about)
		_, collections, n := s.stored()
		require.Equal(s.t, v.Chunks, n, "%s: points that don't count are left", about)
		require.LessOrEqual(s.t, collections, 1, about)
	}
	for path := range s.before { // deletes that were not acknowledged
		if s.codes[path] == "" && w.code != 0 {
			status, body, err := s.serving.call("DELETE", "/v1/documents/"+documentID(path), "")
			require.NoError(s.t, err)
			require.Contains(s.t, []int{http.StatusNoContent, http.StatusNotFound}, status, "%s: %s", about, body)
		}
	}
	again := s.ingest()
	<-again.done
	require.Zero(s.t, again.code, "%s: %s", about, again.log.String())
	return found
}

// ready reports whether there is a knowledge base.
func (p *process) ready() bool {
	status, _, err := p.call("GET", "/v1/documents?kb=default", "")
	return err == nil && status == http.StatusOK
}

// settled proves that index, manifest and folder are the same, and that nothing is
// left of what was replaced or deleted.
func (s *scene) settled(about string) {
	v := s.verify([]int{exitDone})
	require.Equal(s.t, []int{len(s.codes), 0, 0}, []int{v.Documents, len(v.Faults), v.Leftover}, about)
	codes, collections, n := s.stored()
	require.Equal(s.t, []int{1, v.Chunks}, []int{collections, n}, about)
	want := map[string]map[string]bool{}
	for path, code := range s.codes {
		want[documentID(path)] = map[string]bool{code: true}
	}
	require.Equal(s.t, want, codes, about)
	checked := 0
	for path, old := range s.before {
		if checked++; checked > s.sample {
			break
		}
		if old != "" {
			require.Empty(s.t, s.found(old), "%s: %s in an edition before", about, path)
		}
		if code := s.codes[path]; code != "" {
			require.Equal(s.t, path, s.found(code)[0], about)
		}
		status, _, err := s.serving.call("GET", "/v1/documents/"+documentID(path)+"?text=true", "")
		require.NoError(s.t, err)
		require.Equal(s.t, s.codes[path] == "", status == http.StatusNotFound, "%s: %s is %d", about, path, status)
	}
	s.unfound(about)
}

// Kill -9 of askdesk at any moment of a change on Qdrant.
func TestKilledAskdesk(t *testing.T) {
	t.Parallel()
	disturb := func(_ *scene, w *work, moment time.Duration) bool {
		select {
		case <-w.done:
			return false
		case <-time.After(moment):
		}
		w.kill()
		<-w.done
		return w.code != 0
	}
	t.Run("in memory", func(t *testing.T) { rounds(t, pointstest.Start(t).Address(), crashes(t, 4), disturb) })
	t.Run("Qdrant", func(t *testing.T) { rounds(t, servertest.Address(t), crashes(t, 4), disturb) })
}

// crowd asks questions while something is going on, and counts how they ended.
type crowd struct {
	stop, stopped  chan struct{}
	answered, away int
	wrong          error
	stable, path   string // a code that is found before and after, and its page
	gone           string
}

// ask begins to ask the service of a scene that has been filled.
func (s *scene) ask() *crowd {
	c := &crowd{stop: make(chan struct{}), stopped: make(chan struct{})}
	for path, code := range s.codes {
		if _, changes := s.before[path]; !changes && (c.path == "" || path < c.path) {
			c.path, c.stable = path, code
		}
	}
	if len(s.gone) > len(s.before) {
		c.gone = s.gone[0]
	}
	go func() {
		defer close(c.stopped)
		for c.stable != "" && c.wrong == nil {
			select {
			case <-c.stop:
				return
			default:
				c.wrong = errors.Join(c.search(s.serving, c.stable, c.path), c.search(s.serving, c.gone, ""), c.answer(s.serving))
			}
		}
	}()
	return c
}

// count takes a status that a question may have while Qdrant goes and comes.
func (c *crowd) count(status int, err error) (answered bool, wrong error) {
	switch status {
	case http.StatusOK:
		c.answered++
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		c.away++
	default:
		return false, fmt.Errorf("status %d: %w", status, err)
	}
	return status == http.StatusOK, err
}

// search looks for a code that stands on a page, or on none.
func (c *crowd) search(p *process, code, path string) error {
	if code == "" {
		return nil
	}
	paths, status, err := p.find(code)
	if ok, err := c.count(status, err); !ok || err != nil {
		return err
	}
	if path == "" && len(paths) > 0 || path != "" && (len(paths) == 0 || paths[0] != path) {
		return fmt.Errorf("%s is on %q, and was found on %v", code, path, paths)
	}
	return nil
}

func (c *crowd) answer(p *process) error {
	status, body, err := p.call("POST", "/v1/answers", `{"question": "What is the price of a pump by the code `+c.stable+`?"}`)
	if ok, err := c.count(status, err); !ok || err != nil {
		return err
	}
	if !bytes.Contains(body, []byte(`"path":"`+c.path+`"`)) {
		return fmt.Errorf("%s is on %s, and the answer is %s", c.stable, c.path, body)
	}
	return nil
}

// Kill -9 of Qdrant at any moment of a change, for up to three seconds, and now and
// then for longer than a write waits.
func TestKilledQdrant(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	answered, away, failed, n := 0, 0, 0, 0
	rounds(t, server.Address(), crashes(t, 3), func(s *scene, w *work, moment time.Duration) bool {
		c := s.ask()
		defer func() {
			close(c.stop)
			<-c.stopped
			require.NoError(t, c.wrong)
			answered, away = answered+c.answered, away+c.away
		}()
		select {
		case <-w.done:
			return false
		case <-time.After(moment):
		}
		server.Kill()
		n++
		select {
		case <-w.done:
		case <-time.After(time.Duration(s.rnd.Float64() * float64(3*time.Second))):
		}
		if n%6 == 0 {
			<-w.done
		}
		server.Start()
		<-w.done
		if w.code != 0 {
			failed++
			require.Equal(t, exitFailed, w.code, w.log.String())
			require.Contains(t, w.log.String(), "Qdrant", "it says what is wrong")
		}
		require.Eventually(t, func() bool {
			status, _, err := s.serving.call("GET", "/readyz", "")
			return err == nil && status == http.StatusOK
		}, 10*time.Second, 20*time.Millisecond, "it finds Qdrant again")
		return true
	})
	t.Logf("%d questions answered, none wrong, %d refused; %d changes failed and were made again", answered, away, failed)
	require.Positive(t, away)
}
