package ingest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Status is what became of a file in a run.
type Status string

// What can become of a file. An unchanged one was not even parsed; a skipped one
// is no document; a failed one should have been read and was not.
const (
	Added     Status = "added"
	Changed   Status = "changed"
	Unchanged Status = "unchanged"
	Removed   Status = "removed"
	Skipped   Status = "skipped"
	Failed    Status = "failed"
)

// File is what a report says of one file.
type File struct {
	Path   string `json:"path"` // in the source; a folder's ends in a slash
	Status Status `json:"status"`
	Reason string `json:"reason,omitempty"` // why it was skipped or failed, or what to know about it
	Chunks int    `json:"chunks"`           // in the index now
	MS     int64  `json:"milliseconds"`     // to read and cut it
}

// Counts are a report's files by status.
type Counts struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Removed   int `json:"removed"`
	Skipped   int `json:"skipped"`
	Failed    int `json:"failed"`
	// Gone are documents whose files are no longer there and that a run with
	// Prune would remove.
	Gone   int `json:"gone"`
	Chunks int `json:"chunks"` // of added and changed files
}

// Wrote reports whether the run changed the knowledge base.
func (c Counts) Wrote() bool { return c.Added+c.Changed+c.Removed > 0 }

// Report is what a run did, or with DryRun what it would do.
type Report struct {
	KB      string    `json:"kb"`
	Source  string    `json:"source"`
	Root    string    `json:"root"`
	DryRun  bool      `json:"dry_run,omitempty"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	Counts  Counts    `json:"counts"`
	Files   []File    `json:"files"`          // in byte order of their paths
	Gone    []string  `json:"gone,omitempty"` // paths of those that Counts.Gone counts
}

// mostNames is how many paths a sentence names.
const mostNames = 10

// Names lists paths in a sentence: the first ten, and how many more there are.
func Names(paths []string) string {
	if more := len(paths) - mostNames; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(paths[:mostNames], ", "), more)
	}
	return strings.Join(paths, ", ")
}

func (r *Report) add(f File) {
	f.Path = strings.ToValidUTF8(f.Path, "\uFFFD")
	r.Files = append(r.Files, f)
	switch f.Status {
	case Added:
		r.Counts.Added++
		r.Counts.Chunks += f.Chunks
	case Changed:
		r.Counts.Changed++
		r.Counts.Chunks += f.Chunks
	case Unchanged:
		r.Counts.Unchanged++
	case Removed:
		r.Counts.Removed++
	case Skipped:
		r.Counts.Skipped++
	case Failed:
		r.Counts.Failed++
	}
}

func (r *Report) finish(now time.Time) {
	r.Seconds = now.Sub(r.Started).Seconds()
	slices.SortFunc(r.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
}
