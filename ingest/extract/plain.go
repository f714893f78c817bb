package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/askdesk/askdesk/kb"
)

// jobText reads a text format. It is done by a worker process too where there is
// one: a hostile page or table can ask for any amount of time and memory, and
// only a process can be stopped.
const jobText = "text"

// textJob is what a worker is told of a text file.
type textJob struct {
	Input  Input
	Format string
}

// textReply is what a worker makes of one: a document, or what is wrong with it
// in words for a person.
type textReply struct {
	Document Document
	Code     kb.Code
	Message  string
}

// read reads a text format in this process.
func (j textJob) read() (Document, error) {
	if j.Format == formatHTML {
		return readHTML(j.Input)
	}
	return readText(j.Input, j.Format)
}

// work is read for a parent process.
func (j textJob) work() textReply {
	d, err := j.read()
	var told *kb.Error
	if errors.As(err, &told) {
		return textReply{Code: told.Code, Message: told.Message}
	}
	if err != nil {
		return textReply{Code: kb.Internal, Message: fmt.Sprintf("%s could not be read.", j.Input.Path)}
	}
	return textReply{Document: d}
}

// readPlain reads a text format, in a worker process if there is one.
func (r *Reader) readPlain(ctx context.Context, in Input, format string) (Document, error) {
	j := textJob{Input: in, Format: format}
	if r.pool == nil {
		return j.read()
	}
	job, err := json.Marshal(j)
	if err != nil {
		return Document{}, fmt.Errorf("hand over %s: %w", in.Path, err)
	}
	data, err := r.pool.Do(ctx, jobText, job, r.opt.Timeout)
	if err != nil {
		return Document{}, r.poolError(err, in.Path, r.opt.Timeout)
	}
	var got textReply
	if err := json.Unmarshal(data, &got); err != nil {
		return Document{}, kb.Wrap(kb.Internal, err, "%s could not be read: the reading process gave no proper answer.", in.Path)
	}
	if got.Code != "" {
		return Document{}, &kb.Error{Code: got.Code, Message: got.Message}
	}
	return got.Document, nil
}
