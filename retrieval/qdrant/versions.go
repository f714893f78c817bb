package qdrant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/ledger"
)

// schema names the form of points. It changes when older ones cannot be read.
const schema = "s2"

// ledgers ends the names of the files of ledgers.
const ledgers = ".ledger.db"

// collection names the collection of a generation of a base. A dot stands in no name
// of a knowledge base.
func (x *Index) collection(b *base, generation int) string {
	return x.generations(b.name, b.version) + strconv.Itoa(generation)
}

// generations begins the names of the collections of a version.
func (x *Index) generations(name, version string) string {
	return generationsOf(x.opt.Prefix, name, version)
}

func generationsOf(prefix, name, version string) string {
	return prefix + "." + name + "." + schema + "." + version + ".g"
}

// alias is the name by which others find the collection of a knowledge base.
func (x *Index) alias(name string) string { return x.opt.Prefix + "." + name }

// publish points the alias of the base to the collection that counts, unless it
// does already.
func (w *writer) publish(ctx context.Context) error {
	if w.opt.Beside || w.state.Generation == 0 {
		return nil
	}
	to, err := w.server.Aliases(ctx)
	if err == nil && to[w.alias(w.base.name)] != w.collection() {
		err = w.server.Switch(ctx, w.alias(w.base.name), w.collection())
	}
	if err != nil && kb.CodeOf(err) != kb.NotFound { // those who miss a lost collection say so
		return fmt.Errorf("name the collection that answers: %w", err)
	}
	return nil
}

// Publish points the alias of a knowledge base to the collection of its current
// version. Every write sees to that the first time, too.
func (x *Index) Publish(ctx context.Context, name string) error {
	return x.write(ctx, name, func(w *writer) error { return w.publish(ctx) })
}

// Drop removes the collections and ledgers of a knowledge base. What other data
// folders keep on the server under the same name stays.
func (x *Index) Drop(ctx context.Context, name string) error {
	if err := kb.CheckBaseName(name); err != nil {
		return err
	}
	if err := x.keep(ctx, name, func(context.Context, string) ([]string, error) { return nil, nil }); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(x.opt.Dir, name)); err != nil {
		return fmt.Errorf("drop index: %w", err)
	}
	return nil
}

// Keep removes what there is of all versions but those that live names of a knowledge
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

// keep removes the versions of a base that are not live: those whose ledgers lie in
// the folder, so that nothing of another folder is touched, by the prefix that they
// were made with. A ledger goes last, and
// its collections with it again if this is cut off. A base is made without the write
// lock, and who only reads it makes its ledger: so what is live is asked for after it
// is known what lies there.
func (x *Index) keep(ctx context.Context, name string, live func(context.Context, string) ([]string, error)) error {
	dir := filepath.Join(x.opt.Dir, name)
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("drop index: %w", err)
	}
	versions, err := live(ctx, name)
	if err != nil {
		return err
	}
	for _, f := range files {
		version, ok := strings.CutSuffix(f.Name(), ledgers)
		if !ok || slices.Contains(versions, version) {
			continue
		}
		if err := x.release(name, version); err != nil {
			return err
		}
		prefix := cmp.Or(ledger.Prefix(ctx, filepath.Join(dir, f.Name())), x.opt.Prefix)
		err := x.unmake(ctx, generationsOf(prefix, name, version))
		for _, suffix := range []string{"-wal", "-shm", ".lock", ""} {
			if err == nil {
				err = os.RemoveAll(filepath.Join(dir, f.Name()+suffix))
			}
		}
		if err != nil {
			return fmt.Errorf("drop index: %w", err)
		}
	}
	if len(versions) == 0 {
		_ = os.Remove(dir) // unless something else lies there
	}
	return nil
}

// unmake removes the collections of a version. Qdrant finishes one whose maker died,
// and lists it only then, so the next one is removed without looking whether it is
// there: Qdrant makes and removes one at a time.
func (x *Index) unmake(ctx context.Context, generations string) error {
	list, err := x.server.Collections(ctx, generations)
	last := 0
	for _, c := range list {
		if n, failed := strconv.Atoi(strings.TrimPrefix(c, generations)); failed == nil {
			last = max(last, n)
		}
	}
	for _, c := range append(list, generations+strconv.Itoa(last+1)) {
		if err == nil {
			err = x.server.Drop(ctx, c)
		}
	}
	return err
}

// release closes a version of a base, if it is open.
func (x *Index) release(name, version string) error {
	x.mu.Lock()
	b := x.bases[name]
	x.mu.Unlock()
	if b == nil || b.version != version {
		return nil
	}
	return x.forget(name)
}

// Whole reports whether Qdrant has no fewer points than count. A collection that is
// lost is a kb.NotFound.
func (x *Index) Whole(ctx context.Context, name string) (whole bool, err error) {
	err = x.look(ctx, name, func(b *base, state ledger.State) (err error) {
		n := 0
		if state.Generation > 0 {
			n, err = x.server.Count(ctx, x.collection(b, state.Generation), nil)
		}
		whole = n >= b.ledger.Chunks()
		return err
	})
	return whole, err
}

// Sweep counts the points that don't count, and removes them if it is told to. The
// collections of generations before, and of moves that were cut off, go with them.
func (x *Index) Sweep(ctx context.Context, name string, remove bool) (chunks int, err error) {
	err = x.write(ctx, name, func(w *writer) error {
		if chunks, err = w.orphans(ctx, remove); err != nil {
			return err
		}
		list, err := x.server.Collections(ctx, x.generations(name, w.base.version))
		for _, c := range list {
			if err != nil || w.state.Generation > 0 && c == w.collection() {
				continue
			}
			info, failed := x.server.Info(ctx, c)
			if err = failed; err != nil {
				continue
			}
			chunks += info.Points
			if remove {
				err = x.server.Drop(ctx, c)
			}
		}
		return err
	})
	return chunks, err
}
