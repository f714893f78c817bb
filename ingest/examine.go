package ingest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/ingest/source"
	"github.com/askdesk/askdesk/kb"
)

// maxSidecar is the size of metadata in bytes that no description exceeds.
const maxSidecar = 1 << 20

// outcome is what became of one file, before the index knows of it.
type outcome struct {
	file  File
	info  kb.DocumentInfo // to mark, if it has an id; of a skipped file, to forget
	entry kb.Entry        // to store, of an added or changed file
}

// examine reads one file as far as it must. Its error ends the run; what is
// wrong with the file is in the outcome.
func (r *run) examine(ctx context.Context, f source.File) (outcome, error) {
	start := r.opt.Now()
	o, err := r.compare(ctx, f)
	if stopped := ctx.Err(); stopped != nil {
		return outcome{}, stopped
	}
	if err != nil {
		o = r.fail(f, err)
	}
	o.file.Path, o.file.MS = f.Path, r.opt.Now().Sub(start).Milliseconds()
	return o, nil
}

func (r *run) compare(ctx context.Context, f source.File) (outcome, error) {
	c := content{kb: r.req.KB, source: r.req.Target.Source, path: f.Path, defaults: r.req.Defaults}
	known, old := r.plan.document(f.Path)
	var err error
	if c.data, err = r.folder.Read(f.Path, r.opt.MaxBytes); err != nil {
		return outcome{}, r.readError(f.Path, err)
	}
	if len(bytes.TrimSpace(c.data)) == 0 && known.Chunks == 0 {
		return r.skip(known, "it is empty"), nil
	}
	if f.Meta != "" {
		if c.meta, err = r.sidecar(f.Meta); err != nil {
			return outcome{}, err
		}
	}
	print, err := r.fingerprint(c, modelOf(r.embedder))
	if err != nil {
		return outcome{}, err
	}
	if old && known.Status == kb.Ready && known.Fingerprint == print {
		return outcome{file: File{Status: Unchanged, Chunks: known.Chunks}}, nil
	}
	status := Added
	if old && known.Chunks > 0 {
		status = Changed
	}
	if r.req.DryRun {
		return outcome{file: expected(known, len(c.data), status)}, nil
	}
	e, warning, err := r.entry(ctx, c)
	if errors.Is(err, extract.ErrEmpty) && known.Chunks == 0 {
		return r.skip(known, "it holds no text, metadata at most"), nil
	}
	if err != nil {
		return outcome{}, err
	}
	if warning == "" {
		warning = validity(e.Document, r.opt.Now())
	}
	return outcome{file: File{Status: status, Reason: warning, Chunks: len(e.Chunks)}, entry: e, info: r.info(e, c, print)}, nil
}

// validity says why a document that was read answers nothing now, "" if it may.
func validity(d kb.Document, now time.Time) string {
	switch {
	case d.ValidAt(now):
		return ""
	case now.Before(d.ValidFrom):
		return "answers nothing before " + d.ValidFrom.Format(time.DateOnly)
	}
	return "expired on " + d.ValidUntil.Format(time.DateOnly) + ", so it answers nothing"
}

// expected is what a dry run, which compares and does not read, says of a file
// that is to be read. One that failed the last time and has its size still is
// expected to fail again.
func expected(known kb.DocumentInfo, size int, status Status) File {
	switch {
	case known.Status != kb.Failed:
		return File{Status: status}
	case known.Bytes == int64(size):
		return File{Status: Failed, Reason: "not read the last time, its size is the same; a run tries again. " + known.Reason}
	}
	return File{Status: status, Reason: "not read the last time, its size has changed"}
}

// skip makes the outcome of a file that is no document. If it failed in a run
// before, the manifest is to forget it.
func (r *run) skip(known kb.DocumentInfo, reason string) outcome {
	o := outcome{file: File{Status: Skipped, Reason: reason}}
	o.info.ID = known.ID
	return o
}

func (r *run) sidecar(name string) (extract.Meta, error) {
	data, err := r.folder.Read(name, maxSidecar)
	if err != nil {
		return extract.Meta{}, r.readError(name, err)
	}
	meta, err := extract.ParseMeta(data)
	if err != nil {
		return extract.Meta{}, kb.Wrap(kb.CodeOf(err), err, "%s: %s", name, kb.MessageOf(err))
	}
	return meta, nil
}

func (r *run) readError(name string, err error) error {
	switch {
	case errors.Is(err, source.ErrTooLarge):
		return kb.Wrap(kb.TooLarge, err, "%s is larger than %d MiB (max_upload_mb): split it, or leave it out with --exclude.", name, r.opt.MaxBytes>>20)
	case errors.Is(err, fs.ErrNotExist):
		return kb.Wrap(kb.NotFound, err, "%s was removed while it was about to be read.", name)
	}
	return kb.Wrap(kb.Unavailable, err, "%s cannot be read: %s.", name, source.Reason(err))
}

// fail makes the outcome of a file that cannot be read.
func (r *run) fail(f source.File, err error) outcome {
	known, _ := r.plan.document(f.Path)
	c := content{kb: r.req.KB, source: r.req.Target.Source, path: f.Path}
	info := r.failed(c, known, err)
	info.Bytes = f.Size
	o := outcome{file: File{Path: f.Path, Status: Failed, Reason: info.Reason, Chunks: info.Chunks}}
	if known.Status != info.Status || known.Reason != info.Reason {
		o.info = info
	}
	return o
}

// failed is what the manifest keeps of a document that cannot be read. A version
// that the index has stays there, with the fingerprint it was made from.
func (p *Pipeline) failed(c content, known kb.DocumentInfo, err error) kb.DocumentInfo {
	if kb.CodeOf(err) == kb.Internal {
		p.opt.Log.Error("read a document", "document", c.id(), "error", err)
	}
	info := known
	if info.ID == "" {
		info.Document = kb.Document{ID: c.id(), KB: c.kb, Source: c.source, Path: c.path, Audience: kb.Agent}
	}
	info.Bytes, info.Status, info.Reason = int64(len(c.data)), kb.Failed, kb.MessageOf(err)
	if known.Chunks > 0 {
		info.Reason += " The version read on " + known.Indexed.Format(time.DateOnly) + " stays in use."
	}
	return info
}
