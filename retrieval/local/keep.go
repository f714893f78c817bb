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

// Keep removes the files of all versions but those that live names of a knowledge
// base. The caller holds the write lock.
func (x *Index) Keep(ctx context.Context, live func(ctx context.Context, base string) ([]string, error)) error {
	entries, err := os.ReadDir(x.opt.Dir)
	for _, e := range entries {
		if !e.IsDir() || kb.CheckBaseName(e.Name()) != nil {
			continue
		}
		err = errors.Join(err, x.keep(ctx, e.Name(), live))
	}
	return err
}

// keep removes the files of the versions of a base that are not live, which is asked
// for after it is known what lies there: a version is known before it has files.
func (x *Index) keep(ctx context.Context, name string, live func(context.Context, string) ([]string, error)) error {
	dir := filepath.Join(x.opt.Dir, name)
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("drop index: %w", err)
	}
	versions, err := live(ctx, name)
	if err != nil {
		return err
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
	if len(versions) == 0 {
		_ = os.Remove(dir) // unless something else lies there
	}
	return err
}
