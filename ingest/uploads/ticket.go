package uploads

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// ticket stands for an uploaded file as long as its document exists. The folder
// of tickets is the queue, so nothing is lost with the process.
type ticket struct {
	Document kb.Document // place and metadata as submitted
	File     string      // name of the file with the content
	Made     string      // Pipeline.Making when it was last read; "" until then
}

// folder keeps tickets and contents: ID.json and ID.NUMBER.bin.
type folder string

const (
	ticketSuffix  = ".json"
	contentSuffix = ".bin"

	unfinishedSuffix = ".tmp" // of a ticket that is being written
)

// keep writes the content of a document under a new name, at most limit bytes.
func (f folder) keep(id string, data io.Reader, limit int64) (name string, size int64, err error) {
	file, err := os.CreateTemp(string(f), id+".*"+contentSuffix)
	if err != nil {
		return "", 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	size, err = io.Copy(file, io.LimitReader(data, limit+1))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", 0, err
	}
	if size > limit {
		return "", 0, kb.Errorf(kb.TooLarge, "The file is larger than %d MiB (max_upload_mb). Split it, and upload the parts.", limit>>20)
	}
	return filepath.Base(file.Name()), size, nil
}

// save makes t the ticket of its document, durably and at once.
func (f folder) save(t ticket) (err error) {
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(string(f), "ticket.*"+unfinishedSuffix)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), f.path(t.Document.ID+ticketSuffix))
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

func (f folder) path(name string) string { return filepath.Join(string(f), name) }

// load returns a document's ticket, and false if it has none.
func (f folder) load(id string) (ticket, bool, error) {
	data, err := os.ReadFile(f.path(id + ticketSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return ticket{}, false, nil
	}
	if err != nil {
		return ticket{}, false, err
	}
	var t ticket
	if err := json.Unmarshal(data, &t); err != nil {
		return ticket{}, false, fmt.Errorf("ticket %s: %w", id, err)
	}
	return t, true, nil
}

// drop removes a document's ticket, then its contents.
func (f folder) drop(id string) error {
	err := f.remove(id + ticketSuffix)
	return errors.Join(err, f.sweep(id, ""))
}

// tidy removes what a process that ended in the middle left behind: contents that
// no ticket names and unfinished tickets, if they are older than before. Younger
// ones may be on their way.
func (f folder) tidy(before time.Time) error {
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		id, rest, _ := strings.Cut(name, ".")
		if !strings.HasSuffix(rest, contentSuffix) && !strings.HasSuffix(rest, unfinishedSuffix) {
			continue
		}
		if t, known, loadErr := f.load(id); loadErr != nil || known && t.File == name {
			continue
		}
		if info, statErr := e.Info(); statErr == nil && info.ModTime().Before(before) {
			err = errors.Join(err, f.remove(name))
		}
	}
	return err
}

// sweep removes a document's contents but the one named keep.
func (f folder) sweep(id, keep string) error {
	entries, err := os.ReadDir(string(f))
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, id+".") && strings.HasSuffix(name, contentSuffix) && name != keep {
			err = errors.Join(err, f.remove(name))
		}
	}
	return err
}

func (f folder) remove(name string) error {
	if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// list returns the ids of all documents with a ticket.
func (f folder) list() ([]string, error) {
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), ticketSuffix); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
