package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Setup is what a child is told before its first job.
type Setup struct {
	MemoryLimit int64  // bytes
	CacheDir    string // "" for none
}

// Handler does a job of some kind. Its result is handed back as it is; what
// should reach the other side of an error belongs into the result.
type Handler func(ctx context.Context, kind string, data []byte) ([]byte, error)

// Serve is the main loop of a child: it reads jobs from in and writes their
// results to out until in ends or ctx is done. start gets the setup and makes
// the handler.
func Serve(ctx context.Context, in io.Reader, out io.Writer, start func(Setup) Handler) error {
	r, w := bufio.NewReader(in), bufio.NewWriter(out)
	_, data, err := readFrame(r, maxHead)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read setup: %w", err)
	}
	var setup Setup
	if err := json.Unmarshal(data, &setup); err != nil {
		return fmt.Errorf("read setup: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	harden()
	debug.SetMemoryLimit(setup.MemoryLimit / 4 * 3)
	go watch(ctx, setup.MemoryLimit)
	handle := start(setup)
	for ctx.Err() == nil {
		kind, data, err := readFrame(r, math.MaxUint32)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read job: %w", err)
		}
		result, err := handle(ctx, kind, data)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		if err := writeFrame(w, "", result); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("write result: %w", err)
		}
		if used() > setup.MemoryLimit/4 {
			debug.FreeOSMemory()
		}
	}
	return ctx.Err()
}

// pollEvery is how often memory is looked at. A process can take some 100 MB
// in that time.
const pollEvery = 25 * time.Millisecond

// watch ends the process when it needs more memory than it may, or when the
// process that gives it jobs is gone.
func watch(ctx context.Context, limit int64) {
	parent := os.Getppid()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if used() > limit {
			os.Exit(exitMemory)
		}
		if runtime.GOOS != "windows" && os.Getppid() != parent {
			os.Exit(1)
		}
	}
}

// used is the memory that Go holds of the system, in bytes.
func used() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64()) - int64(s[1].Value.Uint64())
}
