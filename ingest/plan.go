package ingest

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/ingest/source"
	"github.com/askdesk/askdesk/kb"
)

const (
	// maxPrune is the share of a source that a run removes without being told
	// twice: more looks like a folder that is not mounted.
	maxPrune   = 0.3
	pruneBatch = 500
)

// plan is what a run has to do, known before anything is read.
type plan struct {
	known   []kb.DocumentInfo // of the source, ordered by path
	files   []source.File     // to read
	settled []File            // that need nothing
	gone    []kb.DocumentInfo // to remove
	total   int
}

// document is what the manifest knows of a path.
func (p plan) document(name string) (kb.DocumentInfo, bool) {
	i, ok := slices.BinarySearchFunc(p.known, name, func(d kb.DocumentInfo, name string) int { return strings.Compare(d.Path, name) })
	if !ok {
		return kb.DocumentInfo{}, false
	}
	return p.known[i], true
}

func (r *run) prepare(ctx context.Context) error {
	list, err := r.folder.Walk(ctx, r.req.Target.Scopes...)
	if err != nil {
		return err
	}
	p := &r.plan
	if p.known, err = r.opt.Manifest.Documents(ctx, r.req.KB, r.req.Target.Source); err != nil {
		return err
	}
	if err := r.compareIndex(ctx, p.known); err != nil {
		return err
	}
	for _, n := range list.Notes {
		f := File{Path: n.Path, Status: Skipped, Reason: n.Reason}
		if n.Failed {
			f.Status = Failed
		}
		p.settled = append(p.settled, f)
	}
	for _, f := range list.Files {
		if why := extract.Unsupported(f.Path); why != "" {
			p.settled = append(p.settled, File{Path: f.Path, Status: Skipped, Reason: why})
			continue
		}
		p.files = append(p.files, f)
	}
	gone := p.missing(list, r.req.Target.Scopes)
	paths := make([]string, len(gone))
	for i, d := range gone {
		paths[i] = d.Path
	}
	if r.req.Prune {
		if share := float64(len(gone)) / float64(max(1, len(p.known))); share > maxPrune && !r.req.Yes && !r.req.DryRun {
			return kb.Errorf(kb.Conflict, "%d of the %d documents of the source %q are gone from %s: more than %.0f %%. Is the folder complete? Then say so with --yes. Nothing was changed. Gone: %s.",
				len(gone), len(p.known), r.req.Target.Source, r.req.Target.Root, maxPrune*100, Names(paths))
		}
		p.gone = gone
	} else {
		r.report.Counts.Gone, r.report.Gone = len(gone), paths
	}
	p.total = len(p.files) + len(p.settled) + len(p.gone)
	return nil
}

// compareIndex forgets of the known documents that the index lost that they were
// read, so that they are read again.
func (r *run) compareIndex(ctx context.Context, known []kb.DocumentInfo) error {
	var ids []string
	for _, d := range known {
		if d.Chunks > 0 {
			ids = append(ids, d.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	held, err := r.opt.Index.Holds(ctx, r.req.KB, ids)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	for i := range known {
		if d := &known[i]; d.Chunks > 0 && !held[d.ID] {
			d.Chunks, d.Fingerprint = 0, ""
		}
	}
	if lost := len(ids) - len(held); lost > 0 {
		r.opt.Log.Warn("the index lost documents that were read before; they are read again", "kb", r.req.KB, "documents", lost)
	}
	return nil
}

// missing are the known documents in the scopes that are not listed, save those
// that are there and could not be read.
func (p plan) missing(list source.Listing, scopes []string) []kb.DocumentInfo {
	unread := map[string]bool{}
	for _, n := range list.Notes {
		if n.Failed {
			unread[strings.TrimSuffix(n.Path, "/")] = true
		}
	}
	wanted := map[string]bool{}
	for _, s := range scopes {
		wanted[s] = true
	}
	var gone []kb.DocumentInfo
	for _, d := range p.known {
		if len(scopes) > 0 && !covered(wanted, d.Path) || covered(unread, d.Path) {
			continue
		}
		_, there := slices.BinarySearchFunc(p.files, d.Path, func(f source.File, name string) int { return strings.Compare(f.Path, name) })
		if !there {
			gone = append(gone, d)
		}
	}
	return gone
}

// covered reports whether a path or a folder above it is in the set.
func covered(set map[string]bool, name string) bool {
	for ; name != "."; name = path.Dir(name) {
		if set[name] {
			return true
		}
	}
	return false
}

// prune removes what is gone, from the index first: a crash between the two
// leaves a record whose removal the next run repeats.
func (r *run) prune(ctx context.Context) error {
	for part := range slices.Chunk(r.plan.gone, pruneBatch) {
		ids := make([]string, len(part))
		for i, d := range part {
			ids[i] = d.ID
		}
		if !r.req.DryRun {
			if err := r.opt.Index.Delete(ctx, r.req.KB, ids); err != nil {
				return err
			}
			if err := r.opt.Manifest.Remove(ctx, r.req.KB, ids); err != nil {
				return err
			}
		}
		for _, d := range part {
			r.settle(File{Path: d.Path, Status: Removed})
		}
	}
	return nil
}
