package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

// ingestFlags are the choices of `askdesk ingest`.
type ingestFlags struct {
	kb, source            string
	defaults              said
	exclude               []string
	moved                 bool
	prune, yes, dry, json bool
	report                string
	before                func() error // done under the write lock; nil for nothing
}

func (a *app) ingestCommand() *cobra.Command {
	var f ingestFlags
	c := &cobra.Command{
		Use:   "ingest PATH...",
		Short: "Bring files and folders into a knowledge base",
		Long: `Bring files and folders into a knowledge base: Markdown, MDX, text, HTML, RST, PDF and
DOCX. What did not change is not read again. It may run while serve does.

Title, address, audience and the like come from a file's front matter, from NAME.meta.yaml
beside it, or from the flags, in this order. What the flags say of a source is
remembered for its next run.

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done, but some files failed (they are listed).`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			for _, path := range args {
				if err := readable(path, true); err != nil {
					return err
				}
			}
			return a.withService(c, func(ctx context.Context, s *service) error { return a.ingest(ctx, s, f, args) })
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.kb, "kb", defaultBase, "knowledge base; made if it is missing")
	flags.StringVar(&f.source, "source", "", "name of the source (default: the folder's name)")
	f.defaults.add(flags)
	flags.BoolVar(&f.moved, "moved", false, "the folder of --source was moved: PATH is where it is now; its documents stay what they are")
	flags.StringSliceVar(&f.exclude, "exclude", nil, "patterns to leave out, as in a .gitignore file")
	flags.BoolVar(&f.prune, "prune", false, "remove documents of this source whose files are gone")
	flags.BoolVar(&f.yes, "yes", false, "prune even if that removes more than 30 % of the source")
	flags.BoolVar(&f.dry, "dry-run", false, "print the difference and write nothing; files are compared, not read")
	flags.StringVar(&f.report, "report", "", "write a JSON report to this file")
	flags.BoolVar(&f.json, "json", false, "print the JSON report")
	return c
}

func (a *app) ingest(ctx context.Context, s *service, f ingestFlags, paths []string) error {
	if err := f.defaults.check(); err != nil {
		return err
	}
	reports, err := s.ingest(ctx, f, paths, a.newProgress)
	if f.json {
		err = errors.Join(err, a.printJSON(combine(f.kb, reports)))
	}
	if f.report != "" {
		err = errors.Join(err, writeReport(f.report, combine(f.kb, reports)))
	}
	a.noteReports(reports, err == nil)
	failed := 0
	for _, r := range reports {
		failed += r.Counts.Failed
	}
	if err == nil && failed > 0 {
		return errPartial
	}
	return err
}

// ingest runs the pipeline over every source that the paths name, holding the
// write lock. With an error, the reports tell how far it came.
func (s *service) ingest(ctx context.Context, f ingestFlags, paths []string, progress func(ingest.Target) progress) (reports []ingest.Report, err error) {
	if err := kb.CheckBaseName(f.kb); err != nil {
		return nil, err
	}
	unlock, err := s.lock(ctx, "askdesk ingest")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if f.before != nil {
		if err := f.before(); err != nil {
			return nil, err
		}
	}
	if err := s.prepareBase(ctx, f); err != nil {
		return nil, err
	}
	targets, err := s.targets(ctx, f, paths)
	if err != nil {
		return nil, err
	}
	for _, t := range targets {
		r, err := s.ingestSource(ctx, f, t, progress(t))
		reports = append(reports, r)
		if err != nil {
			return reports, err
		}
	}
	return reports, nil
}

// targets are the sources that the paths name. One that was moved gets its new
// folder, except in a dry run.
func (s *service) targets(ctx context.Context, f ingestFlags, paths []string) ([]ingest.Target, error) {
	if !f.moved {
		return ingest.Targets(ctx, s.state, f.kb, f.source, paths)
	}
	root, err := filepath.Abs(paths[0])
	if info, missing := os.Stat(root); err != nil || missing != nil || !info.IsDir() || len(paths) > 1 || f.source == "" {
		return nil, usageError{errors.New("--moved wants the name of the source and the one folder where it is now: askdesk ingest FOLDER --source NAME --moved")}
	}
	targets, err := ingest.Targets(ctx, moved{s.state, f.source, root}, f.kb, f.source, paths)
	if err == nil && !f.dry {
		err = s.state.Move(ctx, f.kb, f.source, root)
	}
	return targets, err
}

// moved are sources of which one is elsewhere now.
type moved struct {
	*state.Store
	source, root string
}

// Roots are those of the sources after the move.
func (m moved) Roots(ctx context.Context, base string) (map[string]string, error) {
	roots, err := m.Store.Roots(ctx, base)
	if err != nil {
		return nil, err
	}
	if roots[m.source] == "" {
		return nil, kb.Errorf(kb.NotFound, "There is no source %q in the knowledge base %q that could have been moved. Leave --moved out to make it.", m.source, base)
	}
	roots[m.source] = m.root
	return roots, nil
}

func (s *service) ingestSource(ctx context.Context, f ingestFlags, t ingest.Target, p progress) (ingest.Report, error) {
	defaults, err := s.settle(ctx, f, t.Source)
	if err != nil {
		return ingest.Report{}, err
	}
	r, err := s.pipeline.Run(ctx, ingest.Request{
		KB: f.kb, Target: t, Defaults: defaults, Exclude: f.exclude,
		Prune: f.prune, Yes: f.yes, DryRun: f.dry, Progress: p.event,
	})
	p.end()
	if err == nil && !f.dry {
		err = s.state.SaveSourceSettings(ctx, f.kb, t.Source, defaults)
	}
	return r, err
}

// prepareBase makes the knowledge base if it is missing, except in a dry run.
func (s *service) prepareBase(ctx context.Context, f ingestFlags) error {
	if _, err := s.embedders.Embedder(ctx, f.kb); err != nil {
		return err
	}
	_, err := s.state.Version(ctx, f.kb)
	switch {
	case kb.CodeOf(err) != kb.NotFound:
		return err
	case f.dry: // everything would be added
		return nil
	}
	_, err = s.CreateBase(ctx, f.kb)
	return err
}

// lock takes the data folder's write lock, and says for whom it waits.
func (s *service) lock(ctx context.Context, holder string) (func() error, error) {
	return s.state.Lock(ctx, holder, func(other string) {
		s.note("Waiting: %s is writing to this data folder.\n", other)
	})
}

// ingestReport is the JSON form of a whole run, over all of its sources.
type ingestReport struct {
	KB      string         `json:"kb"`
	Seconds float64        `json:"seconds"`
	DryRun  bool           `json:"dry_run"`
	Sources []sourceReport `json:"sources"`
	Files   []fileReport   `json:"files"`
}

type sourceReport struct {
	Source string        `json:"source"`
	Root   string        `json:"root"`
	Counts ingest.Counts `json:"counts"`
	Gone   []string      `json:"gone,omitempty"` // paths of those that the counts call gone
}

type fileReport struct {
	Source string `json:"source"`
	ingest.File
}

func combine(base string, reports []ingest.Report) ingestReport {
	out := ingestReport{KB: base, Sources: []sourceReport{}, Files: []fileReport{}}
	for _, r := range reports {
		out.Seconds += r.Seconds
		out.DryRun = r.DryRun
		out.Sources = append(out.Sources, sourceReport{r.Source, r.Root, r.Counts, r.Gone})
		for _, f := range r.Files {
			out.Files = append(out.Files, fileReport{r.Source, f})
		}
	}
	return out
}

func writeReport(path string, report ingestReport) error {
	data, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o600); err != nil {
		return kb.Wrap(kb.Invalid, err, "The documents are in, but the report %s cannot be written", path)
	}
	return nil
}

// noteReports tells of every run; of one that an error ended before it wrote
// anything there is nothing to say: it may well have had to.
func (a *app) noteReports(reports []ingest.Report, ended bool) {
	for i, r := range reports {
		if ended || i < len(reports)-1 || r.Counts.Wrote() || r.Counts.Failed > 0 {
			a.noteReport(r)
		}
	}
}

// noteReport tells a person what a run did: problems first, then the sum.
func (a *app) noteReport(r ingest.Report) {
	var removed []string
	for _, f := range r.Files {
		switch {
		case f.Status == ingest.Removed:
			removed = append(removed, f.Path)
		case r.DryRun && f.Status != ingest.Unchanged, f.Status == ingest.Failed, f.Status == ingest.Skipped, f.Reason != "":
			a.notef("  %-9s %s", f.Status, f.Path)
			if f.Reason != "" {
				a.notef(": %s", f.Reason)
			}
			a.notef("\n")
		}
	}
	c := r.Counts
	switch {
	case c.Unchanged+c.Failed == 0 && !c.Wrote():
		a.notef("No file that can be read was found in %s", r.Root)
		if c.Skipped > 0 {
			a.notef("; what was skipped, and why, stands above")
		}
		a.notef(". %s.", extract.Readable)
	case !c.Wrote() && c.Failed == 0:
		a.notef("Nothing to ingest: %s is up to date in %s (%s).", r.Source, r.KB, plural(c.Unchanged, "document", "documents"))
	default:
		verb := "Ingested"
		if r.DryRun {
			verb = "Would ingest"
		}
		a.notef("%s %s into %s in %.1f s: %d added, %d changed, %d unchanged, %d removed, %d skipped, %d failed",
			verb, r.Source, r.KB, r.Seconds, c.Added, c.Changed, c.Unchanged, c.Removed, c.Skipped, c.Failed)
		if !r.DryRun {
			a.notef(" (%s)", plural(c.Chunks, "chunk", "chunks"))
		}
		a.notef(".")
	}
	if len(removed) > 0 {
		a.notef(" Removed: %s.", ingest.Names(removed))
	}
	if c.Gone > 0 {
		a.notef(" %s gone from the folder; --prune removes them here: %s.", plural(c.Gone, "file is", "files are"), ingest.Names(r.Gone))
	}
	a.notef("\n")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
