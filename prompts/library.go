package prompts

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/askdesk/askdesk/prompts/files"
)

// Options of a Library.
type Options struct {
	Log *slog.Logger     // problems of files; nil discards
	Now func() time.Time // nil is time.Now
}

// Library serves the prompts and styles of a folder as they are now.
type Library struct {
	root fs.FS // nil: the built-in files only
	log  *slog.Logger
	now  func() time.Time

	current atomic.Pointer[state]
	reading sync.Mutex
	looked  atomic.Int64 // when the files were last looked at, unix nanoseconds
}

type state struct {
	set       *Set
	problems  []Problem
	signature string
}

// every is how often the files are looked at, at most.
const every = time.Second

// Open reads the built-in files and, over them, dir/prompts and dir/styles;
// neither has to exist, and dir may be "". Bad files are logged and reported by
// Problems; in their place stands what was last good.
func Open(dir string, opt Options) (*Library, error) {
	l := &Library{log: opt.Log, now: opt.Now}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if l.now == nil {
		l.now = time.Now
	}
	if dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		l.root = os.DirFS(abs)
	}
	l.looked.Store(l.now().UnixNano())
	l.read()
	return l, nil
}

// Current is the state of the files, at most a second old.
func (l *Library) Current() *Set {
	last := l.looked.Load()
	now := l.now().UnixNano()
	if l.root != nil && now-last >= int64(every) && l.looked.CompareAndSwap(last, now) {
		l.read()
	}
	return l.current.Load().set
}

// read takes the files in if they changed.
func (l *Library) read() {
	l.reading.Lock()
	defer l.reading.Unlock()
	last := l.current.Load()
	own, sig := files.NewTree(), ""
	var problems []Problem
	if l.root != nil {
		sig = files.Signature(l.root)
		if last != nil && last.signature == sig {
			return
		}
		own, problems = files.Read(l.root)
	} else if last != nil {
		return
	}
	var good *Set
	if last != nil {
		good = last.set
	}
	set, more := build(own, good)
	next := &state{set, append(problems, more...), sig}
	for _, p := range next.problems {
		l.log.Warn("prompt file is not used: what was last good stays", "file", p.File, "line", p.Line, "reason", p.Reason)
	}
	if last != nil {
		l.log.Info("prompts and styles read again")
	}
	l.current.Store(next)
}
