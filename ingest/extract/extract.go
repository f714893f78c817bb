// Package extract reads files: whatever the format, out comes Markdown as valid
// UTF-8, with a title, a language and the places where pages start. Files are
// hostile until read: a child process with limits on time and memory reads them.
package extract

import (
	"context"
	"errors"
	"log/slog"
	"os/exec"
	"time"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

// ErrEmpty is the cause of the error about a file that nobody wrote a text into:
// it holds blanks, comments or metadata at most.
var ErrEmpty = errors.New("is empty")

// Input is a file to read.
type Input struct {
	Path string // name in the source: for messages, and to guess the format
	Data []byte // the file's content; not changed
	URL  string // public address if known: relative links are resolved against it
}

// Page is where a page starts in Document.Text, in bytes. The first starts at 0.
type Page = reading.Page

// Document is what was read.
type Document struct {
	Title    string // never empty: declared, first heading, or the file's name
	Language string // lower-case ISO 639-1 code; "" if unsure
	Meta     Meta   // front matter; an HTML page's canonical address is Meta.URL
	Text     string // Markdown without raw HTML: a < in it is a less-than sign
	Pages    []Page // PDF only
	Format   string // markdown, mdx, text, html, rst, pdf or docx
	Engine   string // the library that read a PDF; else ""
	Warnings []string
}

// Options configure a Reader. The zero value reads text formats in this process,
// without limits on time and memory; PDF and DOCX need a Worker.
type Options struct {
	// Worker makes the command of a worker process, one that calls Work with
	// its standard input and output. Its environment is emptied.
	Worker      func(ctx context.Context) *exec.Cmd
	Workers     int           // processes at once; default 2
	Timeout     time.Duration // for one file; default 60 s
	MemoryLimit int64         // bytes a process may use; default 1 GiB
	MaxBytes    int64         // of a file; default 100 MB
	MaxText     int64         // bytes of extracted text; default 32 MiB
	CacheDir    string        // compiled code is kept here; "" means 3 s for the start of a process
	IdleClose   time.Duration // processes end after that long without work; default 30 s
	Log         *slog.Logger  // default discards
}
