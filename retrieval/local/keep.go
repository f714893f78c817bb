package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// Drop removes the files of a knowledge base.
func (x *Index) Drop(ctx context.Context, name string) error {
	if err := kb.CheckBaseName(name); err != nil {
		return err
	}
	if err := x.forget(name, nil); err != nil {
		return err
	}
	return x.remove(ctx, filepath.Join(x.opt.Dir, name))
}

func (x *Index) remove(ctx context.Context, path string) error {
	var err error
	for range 20 { // other processes on Windows need a moment to let go of the files
		if err = os.RemoveAll(path); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(x.opt.Poll / 2):
		}
	}
	return fmt.Errorf("drop index: %w", err)
}

// Keep removes the files of all versions but those that live names by knowledge base.
// The caller holds the write lock, so that nobody makes another one meanwhile.
func (x *Index) Keep(ctx context.Context, live map[string][]string) error {
	entries, err := os.ReadDir(x.opt.Dir)
	for _, e := range entries {
		if kb.CheckBaseName(e.Name()) != nil {
			continue
		}
		if versions := live[e.Name()]; len(versions) > 0 {
			err = errors.Join(err, x.keep(ctx, e.Name(), versions))
		} else {
			err = errors.Join(err, x.Drop(ctx, e.Name()))
		}
	}
	return err
}

// keep removes the files of the versions of a base that are not named.
func (x *Index) keep(ctx context.Context, name string, versions []string) error {
	dir := filepath.Join(x.opt.Dir, name)
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("drop index: %w", err)
	}
	for _, f := range files {
		version, rest, _ := strings.Cut(f.Name(), ".")
		if !strings.HasPrefix(rest, "db") || slices.Contains(versions, version) {
			continue
		}
		x.mu.Lock()
		b := x.bases[name]
		x.mu.Unlock()
		if b != nil && b.version == version {
			err = errors.Join(err, x.forget(name, b))
		}
		err = errors.Join(err, x.remove(ctx, filepath.Join(dir, f.Name())))
	}
	return err
}
