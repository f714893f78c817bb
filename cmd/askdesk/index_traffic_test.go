package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/kb"
)

// sheet is what is known of a page that writers change.
type sheet struct {
	code    string // of its edition; "" where there is none
	changes int    // that were begun or ended: it is even while none is under way
}

// traffic are readers and writers of a service, at even rates, whatever else is done
// with it. Each edition of a page has a code that no other text has.
type traffic struct {
	p         *process
	stop      chan struct{}
	work      sync.WaitGroup
	mu        sync.Mutex
	rnd       *rand.Rand
	pages     []sheet
	folder    int      // of the pages are of a folder: nobody writes them, but they are deleted
	gone      []string // codes that nobody may find any more
	reads     []time.Duration
	writes    []time.Duration
	meanwhile int // reads of pages that changed in the course of it
	heldBack  int // reads and writes that did not begin, since too many were under way
	wrong     error
}

// begin begins to read and write so often a second.
func (tr *traffic) begin(reads, writes int) {
	tr.stop = make(chan struct{})
	tr.work.Go(func() { tr.repeat(reads, 64, tr.read) })
	tr.work.Go(func() { tr.repeat(writes, 16, tr.write) })
}

// repeat does something so often a second, and at most so often at once.
func (tr *traffic) repeat(rate, atOnce int, do func() error) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	free := make(chan struct{}, atOnce)
	for {
		select {
		case <-tr.stop:
			return
		case <-tick.C:
		}
		select {
		case free <- struct{}{}:
			tr.work.Go(func() {
				tr.note(do())
				<-free
			})
		default:
			tr.mu.Lock()
			tr.heldBack++
			tr.mu.Unlock()
		}
	}
}

// note keeps the first thing that was wrong.
func (tr *traffic) note(err error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.wrong == nil {
		tr.wrong = err
	}
}

// end waits for what is under way.
func (tr *traffic) end() {
	close(tr.stop)
	tr.work.Wait()
}

// written is how many writes have ended.
func (tr *traffic) written() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.writes)
}

// read asks for a page by its code, or for what is gone.
func (tr *traffic) read() error {
	tr.mu.Lock()
	n := tr.rnd.IntN(len(tr.pages))
	before := tr.pages[n]
	code := before.code
	if len(tr.gone) > 0 && (code == "" || tr.rnd.IntN(4) == 0) {
		n, code = -1, tr.gone[tr.rnd.IntN(len(tr.gone))]
	}
	tr.mu.Unlock()
	if code == "" {
		return nil
	}
	began := time.Now()
	paths, err := tr.find(code)
	if err != nil {
		return err
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.reads = append(tr.reads, time.Since(began))
	switch {
	case n < 0:
		if len(paths) > 0 {
			return fmt.Errorf("%s is gone, and was found on %v", code, paths)
		}
	case tr.pages[n] != before || before.changes%2 > 0:
		tr.meanwhile++
	case !slices.Equal(paths, []string{page(n)}):
		return fmt.Errorf("%s is on %s, and was found on %v", code, page(n), paths)
	}
	return nil
}

// find returns the pages whose passages have a code. Every question must be answered,
// by words and by meaning.
func (tr *traffic) find(code string) (paths []string, err error) {
	status, answer, err := tr.p.call("POST", "/v1/search", `{"query": "Who gets a pump by the code `+code+`?", "limit": 20}`)
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("search: status %d: %s: %w", status, answer, err)
	}
	var found api.SearchResponse
	if err := json.Unmarshal(answer, &found); err != nil {
		return nil, err
	}
	if len(found.Notices) > 0 {
		return nil, fmt.Errorf("search: notices: %s", answer)
	}
	for _, p := range found.Passages {
		if strings.Contains(p.Text, code) && !slices.Contains(paths, p.Path) {
			paths = append(paths, p.Path)
		}
	}
	return paths, nil
}

// write creates, updates or deletes a page that nobody else changes. Those of the
// folder can be deleted only.
func (tr *traffic) write() error {
	tr.mu.Lock()
	n := tr.folder + tr.rnd.IntN(len(tr.pages)-tr.folder)
	if tr.rnd.IntN(10) == 0 {
		n = tr.rnd.IntN(tr.folder)
	}
	for tr.pages[n].changes%2 > 0 || n < tr.folder && tr.pages[n].code == "" {
		n = (n + 1) % len(tr.pages)
	}
	code := ""
	if n >= tr.folder && (tr.pages[n].code == "" || tr.rnd.IntN(10) < 7) {
		code = newCode(tr.rnd)
	}
	tr.pages[n].changes++
	tr.mu.Unlock()
	began := time.Now()
	var err error
	if code == "" {
		err = tr.remove(n)
	} else {
		err = tr.put(n, edition(page(n), code, "public", 3))
	}
	if err != nil {
		return err
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.writes = append(tr.writes, time.Since(began))
	if old := tr.pages[n].code; old != "" {
		tr.gone = append(tr.gone, old)
	}
	tr.pages[n].code = code
	tr.pages[n].changes++
	return nil
}

// document is the id of a page.
func (tr *traffic) document(n int) string {
	source := "pages"
	if n >= tr.folder {
		source = "written"
	}
	return kb.DocumentID("default", source, page(n))
}

func (tr *traffic) remove(n int) error {
	status, answer, err := tr.p.call("DELETE", "/v1/documents/"+tr.document(n), "")
	if err != nil || status != http.StatusNoContent {
		return fmt.Errorf("delete %s: status %d: %s: %w", page(n), status, answer, err)
	}
	return nil
}

// put uploads a page, and waits until it is searched.
func (tr *traffic) put(n int, text string) error {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	err := w.WriteField("source", "written")
	part, failed := w.CreateFormFile("file", page(n))
	if err = errors.Join(err, failed); err == nil {
		_, err = part.Write([]byte(text))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	resp, err := http.Post(tr.p.address+"/v1/documents", w.FormDataContentType(), &form)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("upload %s: status %d: %s: %w", page(n), resp.StatusCode, answer, err)
	}
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		time.Sleep(pause)
		status, answer, err := tr.p.call("GET", "/v1/documents/"+tr.document(n), "")
		var d api.Document
		if err == nil && status == http.StatusOK {
			err = json.Unmarshal(answer, &d)
		}
		switch {
		case err != nil || status != http.StatusOK || d.Status == "failed":
			return fmt.Errorf("upload %s: status %d: %s: %w", page(n), status, answer, err)
		case d.Status == "ready":
			return nil
		}
	}
}

// took says how long requests took.
func took(list []time.Duration) string {
	if len(list) == 0 {
		return "none"
	}
	sorted := slices.Sorted(slices.Values(list))
	at := func(q float64) time.Duration {
		return sorted[int(q*float64(len(sorted)-1))].Round(100 * time.Microsecond)
	}
	return fmt.Sprintf("%d (p50 %s, p99 %s, longest %s)", len(sorted), at(.5), at(.99), at(1))
}
