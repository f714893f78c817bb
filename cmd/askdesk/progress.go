package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/askdesk/askdesk/ingest"
)

// progress shows how far a run has come.
type progress struct {
	event func(ingest.Event)
	end   func()
}

// newProgress is a bar on a terminal and a line every few seconds elsewhere.
func (a *app) newProgress(t ingest.Target) progress {
	if f, ok := a.err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return bar(f, t.Source)
	}
	return a.lines(t.Source)
}

// bar shows files with their rate and the time left, and the chunks so far.
func bar(w io.Writer, name string) progress {
	var b *progressbar.ProgressBar
	return progress{
		event: func(e ingest.Event) {
			if b == nil {
				b = progressbar.NewOptions(e.Total,
					progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(30), progressbar.OptionShowCount(),
					progressbar.OptionShowIts(), progressbar.OptionSetItsString("files"), progressbar.OptionSetPredictTime(true),
					progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
			}
			b.Describe(name + ", " + plural(e.Chunks, "chunk", "chunks"))
			_ = b.Set(e.Done) // a bar that cannot be drawn stops nothing
		},
		end: func() {
			if b != nil {
				_ = b.Finish()
			}
		},
	}
}

func (a *app) lines(name string) progress {
	const every = 5 * time.Second
	start := time.Now()
	last := start
	return progress{
		event: func(e ingest.Event) {
			now := time.Now()
			if now.Sub(last) < every {
				return
			}
			last = now
			rate := float64(e.Done) / now.Sub(start).Seconds()
			left := time.Duration(float64(e.Total-e.Done) / max(rate, 1e-9) * float64(time.Second)).Round(time.Second)
			a.notef("%s: %d of %s, %s, %.0f files/s, %s left\n", name, e.Done, plural(e.Total, "file", "files"), plural(e.Chunks, "chunk", "chunks"), rate, left)
		},
		end: func() {},
	}
}
