package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
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

func bar(w io.Writer, name string) progress {
	container := mpb.New(mpb.WithOutput(w), mpb.WithWidth(40), mpb.WithRefreshRate(150*time.Millisecond))
	var b *mpb.Bar
	chunks := 0
	return progress{
		event: func(e ingest.Event) {
			if b == nil {
				b = container.AddBar(int64(e.Total), mpb.BarRemoveOnComplete(),
					mpb.PrependDecorators(decor.Name(name+" "), decor.CountersNoUnit("%d / %d files")),
					mpb.AppendDecorators(
						decor.Any(func(decor.Statistics) string { return fmt.Sprintf("%d chunks ", chunks) }),
						decor.AverageSpeed(0, "%.0f files/s "), decor.AverageETA(decor.ET_STYLE_GO)))
			}
			chunks = e.Chunks
			b.SetCurrent(int64(e.Done))
		},
		end: func() {
			if b != nil {
				b.Abort(true) // a run that ended early leaves its bar unfilled
			}
			container.Wait()
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
			a.notef("%s: %d of %d files, %d chunks, %.0f files/s, %s left\n", name, e.Done, e.Total, e.Chunks, rate, left)
		},
		end: func() {},
	}
}
