package synonyms

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// File is the name of the file in the data folder.
const File = "synonyms.yaml"

// Options of a Library.
type Options struct {
	Log *slog.Logger     // problems of the file; nil discards
	Now func() time.Time // nil is time.Now
}

// Library serves the synonyms of a data folder as they are now.
type Library struct {
	path string
	log  *slog.Logger
	now  func() time.Time

	current atomic.Pointer[state]
	reading sync.Mutex
	looked  atomic.Int64 // when the file was last looked at, unix nanoseconds
}

// state is a file as it was last read.
type state struct {
	set  *Set
	size int64 // -1 without a file
	time time.Time
	gone string // why it could not be looked at; else ""
}

// every is how often the file is looked at, at most.
const every = time.Second

// Open reads dir/synonyms.yaml, which does not have to exist. A bad file is logged;
// in its place stands what was last good.
func Open(dir string, opt Options) *Library {
	l := &Library{path: filepath.Join(dir, File), log: opt.Log, now: opt.Now}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if l.now == nil {
		l.now = time.Now
	}
	l.current.Store(&state{set: &Set{}, size: -1})
	l.looked.Store(l.now().UnixNano())
	l.read()
	return l
}

// Find returns what else the words and phrases of a question to a knowledge base
// may be called, by the file as it was a second ago at most.
func (l *Library) Find(base, question string) []kb.Synonym {
	last, now := l.looked.Load(), l.now().UnixNano()
	if now-last >= int64(every) && l.looked.CompareAndSwap(last, now) {
		l.read()
	}
	return l.current.Load().set.Find(base, question)
}

// read takes the file in if it changed.
func (l *Library) read() {
	l.reading.Lock()
	defer l.reading.Unlock()
	last := l.current.Load()
	info, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		if last.size >= 0 {
			l.log.Info("synonyms are gone", "file", l.path)
		}
		l.current.Store(&state{set: &Set{}, size: -1})
		return
	}
	next := &state{set: last.set, size: last.size, time: last.time}
	if err != nil {
		next.gone = err.Error()
	} else {
		next.size, next.time = info.Size(), info.ModTime()
	}
	if next.gone == last.gone && next.size == last.size && next.time.Equal(last.time) {
		return
	}
	sections, problems := load(l.path)
	for _, p := range problems {
		l.log.Warn("synonyms are not used: what was last good stays", "file", l.path, "line", p.Line, "reason", p.Reason)
	}
	if len(problems) == 0 {
		next.set = compile(sections)
		if last.size >= 0 {
			l.log.Info("synonyms read again", "file", l.path)
		}
	}
	l.current.Store(next)
}

func load(path string) ([]section, []Problem) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > mostBytes {
		return nil, []Problem{{0, fmt.Sprintf("cannot be read: it must be a text file of at most %d KiB", mostBytes>>10)}}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, []Problem{{0, "cannot be read: " + err.Error()}}
	}
	return read(data)
}

// Text is a word or phrase of a file, for those who check it.
type Text struct {
	Base  string // "" holds in all knowledge bases
	Line  int
	Texts []string // of which the documents should have one
}

// Check reads a file and returns its mistakes and, where it has none, by entry the
// words that documents should have one of: what a rule means, a whole group.
func Check(path string) ([]Text, []Problem) {
	sections, problems := load(path)
	if len(problems) > 0 {
		return nil, problems
	}
	var list []Text
	for _, s := range sections {
		for _, e := range s.entries {
			items := e.words
			if e.kind == rule {
				items = e.means
			}
			t := Text{Base: s.base, Line: e.line}
			for _, i := range items {
				t.Texts = append(t.Texts, i.text)
			}
			list = append(list, t)
		}
	}
	return list, nil
}
