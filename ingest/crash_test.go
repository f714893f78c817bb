package ingest_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/kb"
)

const (
	childVariable = "ASKDESK_TEST_INGEST" // DATA and FOLDER, separated by a newline
	crashPages    = 140                   // three batches of the pipeline
	crashWords    = 90
)

// TestMain turns the test binary into a process that ingests one folder.
func TestMain(m *testing.M) {
	data, docs, child := strings.Cut(os.Getenv(childVariable), "\n")
	if !child {
		os.Exit(m.Run())
	}
	if _, err := ingestFolder(context.Background(), data, docs, func() { fmt.Println("start") }); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ingestFolder does what the command does: it brings a folder into a data folder
// and removes what is gone from it.
func ingestFolder(ctx context.Context, data, docs string, started func()) (r ingest.Report, err error) {
	s, err := newService(ctx, data, nil)
	if err != nil {
		return r, err
	}
	defer func() {
		if failed := s.close(); err == nil {
			err = failed
		}
	}()
	unlock, err := s.store.Lock(ctx, "ingest", nil)
	if err != nil {
		return r, err
	}
	defer func() {
		if failed := unlock(); err == nil {
			err = failed
		}
	}()
	targets, err := ingest.Targets(ctx, s.store, "default", "", []string{docs})
	if err != nil {
		return r, err
	}
	started()
	return s.pipeline.Run(ctx, ingest.Request{KB: "default", Target: targets[0], Prune: true, Yes: true})
}

// child starts a process that ingests, and returns when it has begun to.
func child(t *testing.T, data, docs string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(exe)
	// Under the race detector a process would sleep for a second before it ends,
	// and that is no moment of its work.
	c.Env = append(os.Environ(), childVariable+"="+data+"\n"+docs, "GORACE=atexit_sleep_ms=0")
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "start\n", line)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return c
}

// dump is all that a data folder holds of documents, but for when it was written.
func dump(t *testing.T, data string) string {
	t.Helper()
	s, err := newService(t.Context(), data, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close()) }()
	var b strings.Builder
	docs, err := s.store.Documents(t.Context(), "default", "docs")
	require.NoError(t, err)
	for _, d := range docs {
		d.Indexed = time.Time{}
		fmt.Fprintf(&b, "%+v\n", d)
	}
	version, err := s.store.Version(t.Context(), "default")
	require.NoError(t, err)
	db, err := sql.Open("sqlite", filepath.Join(data, "index", "default", version+".db"))
	require.NoError(t, err)
	defer db.Close()
	for _, query := range []string{
		`SELECT id || ' ' || meta FROM documents ORDER BY id`,
		`SELECT concat_ws(' ', d.id, c.ordinal, c.id, c.span_start, c.span_end, c.rune_start, c.page, c.heading, c.model, c.text)
			FROM chunks c LEFT JOIN documents d ON d.row = c.document ORDER BY d.id, c.ordinal`,
	} {
		writeRows(t, &b, db, query)
	}
	return b.String()
}

func writeRows(t *testing.T, b *strings.Builder, db *sql.DB, query string) {
	t.Helper()
	rows, err := db.Query(query)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		b.WriteString(line + "\n")
	}
	require.NoError(t, rows.Err())
}

// requireSame shows the first line that differs, as the dumps are long.
func requireSame(t *testing.T, want, got string, message ...any) {
	t.Helper()
	if want == got {
		return
	}
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(wants), len(gots)) {
		require.Equal(t, wants[i], gots[i], message...)
	}
	require.Equal(t, len(wants), len(gots), message...)
}

// edit changes, removes and adds files.
func edit(t *testing.T, docs string) {
	t.Helper()
	for i := range crashPages {
		name := filepath.Join(docs, fmt.Sprintf("part-%d", i%7), fmt.Sprintf("page-%04d.md", i))
		switch i % 5 {
		case 0:
			require.NoError(t, os.Remove(name))
			require.NoError(t, os.WriteFile(name+".txt", []byte(prose(rand.New(rand.NewPCG(uint64(i), 3)), 100)), 0o644))
		case 1, 2:
			old, err := os.ReadFile(name)
			require.NoError(t, err)
			text := "# Edited\n\n" + prose(rand.New(rand.NewPCG(uint64(i), 2)), 70) + "\n\n" + string(old)
			require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		}
	}
}

// scene is a data folder, a folder to ingest, and how that ends.
type scene struct {
	docs, data string
	want       string
	took       time.Duration // from the start of the work to its end
}

// undisturbed brings docs into a copy of the data folder in one go.
func (s *scene) undisturbed(t *testing.T) {
	t.Helper()
	data := s.copy(t)
	c := child(t, data, s.docs)
	start := time.Now()
	require.NoError(t, c.Wait())
	s.took = time.Since(start)
	s.want = dump(t, data)
}

func (s *scene) copy(t *testing.T) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.CopyFS(data, os.DirFS(s.data)))
	return data
}

// scenes are an empty data folder, and one whose source changed since it was read.
func scenes(t *testing.T) []*scene {
	t.Helper()
	fresh := &scene{docs: fill(t, t.TempDir(), crashPages, crashWords), data: t.TempDir()}
	fresh.undisturbed(t)
	changed := &scene{docs: fill(t, t.TempDir(), crashPages, crashWords), data: t.TempDir()}
	_, err := ingestFolder(t.Context(), changed.data, changed.docs, func() {})
	require.NoError(t, err)
	edit(t, changed.docs)
	changed.undisturbed(t)
	anew := t.TempDir()
	_, err = ingestFolder(t.Context(), anew, changed.docs, func() {})
	require.NoError(t, err)
	requireSame(t, dump(t, anew), changed.want, "what was read before changes nothing")
	require.NotEqual(t, fresh.want, changed.want)
	return []*scene{fresh, changed}
}

// Kill -9 at any moment, and the next run ends where an undisturbed one does.
func TestCrashAtAnyMoment(t *testing.T) {
	points := 5
	if s := os.Getenv("ASKDESK_CRASH_POINTS"); s != "" {
		var err error
		points, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	all := scenes(t)
	for point, landed := 0, 0; landed < points; point++ {
		require.Less(t, point, 20*points, "the process is never caught at work")
		rnd := rand.New(rand.NewPCG(uint64(point), 9))
		s := all[point%2]
		data := s.copy(t)
		if !crash(t, data, s.docs, time.Duration(rnd.Float64()*float64(s.took))) {
			s.took = s.took * 9 / 10
			continue
		}
		landed++
		if rnd.IntN(3) == 0 { // and a second time
			crash(t, data, s.docs, time.Duration(rnd.Float64()*float64(s.took)))
		}
		recovered, err := ingestFolder(t.Context(), data, s.docs, func() {})
		require.NoError(t, err)
		require.Zero(t, recovered.Counts.Failed)
		requireSame(t, s.want, dump(t, data), "point %d, %+v", point, recovered.Counts)
		again, err := ingestFolder(t.Context(), data, s.docs, func() {})
		require.NoError(t, err)
		require.False(t, again.Counts.Wrote(), "point %d", point)
		t.Logf("point %d: the run after wrote %d, kept %d, removed %d", point, recovered.Counts.Added+recovered.Counts.Changed, recovered.Counts.Unchanged, recovered.Counts.Removed)
	}
}

// crash kills an ingesting process after a while and reports whether it was
// still at work.
func crash(t *testing.T, data, docs string, after time.Duration) bool {
	t.Helper()
	c := child(t, data, docs)
	time.Sleep(after)
	require.NoError(t, c.Process.Kill())
	return c.Wait() != nil
}

// One process answers while another one writes.
func TestAReaderSeesWholeDocumentsOfAnotherProcess(t *testing.T) {
	const pages = 140
	docs := fill(t, t.TempDir(), pages, 150)
	data := t.TempDir()
	s := openService(t, data, nil)
	writer := child(t, data, docs)
	ended := make(chan error, 1)
	go func() { ended <- writer.Wait() }()
	check := func(i int) bool {
		name := fmt.Sprintf("part-%d/page-%04d.md", i%7, i)
		doc, err := s.index.Document(t.Context(), "default", kb.DocumentID("default", "docs", name))
		if kb.CodeOf(err) == kb.NotFound {
			return false
		}
		require.NoError(t, err)
		want, err := os.ReadFile(filepath.Join(docs, name))
		require.NoError(t, err)
		require.Equal(t, strings.Fields(string(want)), strings.Fields(doc.Text), "%s is there, but not all of it", name)
		return true
	}
	seen := map[int]bool{}
	for running := true; running; {
		select {
		case err := <-ended:
			require.NoError(t, err)
			running = false
		default:
		}
		for i := range pages {
			if !seen[i] && check(i) {
				seen[i] = true
			}
		}
	}
	require.Len(t, seen, pages)
	require.Eventually(t, func() bool {
		c, err := s.index.Search(t.Context(), kb.Query{KB: "default", Text: "Page 139", Audience: kb.Agent, AsOf: time.Now(), Depth: 5})
		return err == nil && c.Chunks > pages && len(c.List) > 0
	}, 10*time.Second, 20*time.Millisecond, "a search finds it")
}
