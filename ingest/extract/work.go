package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/askdesk/askdesk/ingest/extract/docx"
	"github.com/askdesk/askdesk/ingest/extract/pdf"
	"github.com/askdesk/askdesk/ingest/extract/reading"
	"github.com/askdesk/askdesk/ingest/extract/worker"
	"github.com/askdesk/askdesk/kb"
)

// The jobs of a worker process.
const (
	jobPDF    = "pdf"        // with pdfium
	jobSecond = "pdf-second" // with the engine for what pdfium refuses
	jobDOCX   = "docx"
)

// The engines, as Document.Engine names them.
const (
	enginePDFium = "pdfium"
	engineSecond = "ledongthuc"
)

// reply is the result of a job.
type reply struct {
	Problem string // a key of problems; "" if the file was read
	Detail  string // for the log
	Result  reading.Result
}

// problems are the ways in which a file itself is not readable.
var problems = map[string]struct {
	err     error
	code    kb.Code
	message string // goes after the file's name
}{
	"password":  {pdf.ErrPassword, kb.Invalid, "is protected by a password: save a copy without one."},
	"scanned":   {pdf.ErrScanned, kb.Unsupported, "holds scanned pages without text: run it through text recognition (OCR) first."},
	"empty":     {pdf.ErrEmpty, kb.Invalid, "holds no text to read."},
	"unmapped":  {pdf.ErrUnmapped, kb.Unsupported, "has fonts that do not say which letters they show: export it anew, or run it through text recognition (OCR)."},
	"damaged":   {pdf.ErrDamaged, kb.Invalid, "is damaged and cannot be opened: save or download it again."},
	"locked":    {docx.ErrPassword, kb.Invalid, "is protected by a password: save a copy without one."},
	"broken":    {docx.ErrDamaged, kb.Invalid, "is damaged and cannot be opened: save or download it again."},
	"too_large": {docx.ErrTooLarge, kb.TooLarge, "is too large when unpacked: split it."},
}

// Work is the main loop of a worker process: it reads jobs from in and writes
// what it found to out, until in ends.
func Work(ctx context.Context, in io.Reader, out io.Writer) error {
	return worker.Serve(ctx, in, out, func(setup worker.Setup) worker.Handler {
		w := &readers{cacheDir: setup.CacheDir}
		return w.handle
	})
}

// readers are the formats' readers in a worker process.
type readers struct {
	cacheDir string
	pdfium   *pdf.PDFium // started by the first PDF
}

func (w *readers) handle(ctx context.Context, kind string, data []byte) ([]byte, error) {
	var r reply
	var err error
	switch kind {
	case jobPDF:
		if w.pdfium == nil {
			if w.pdfium, err = pdf.NewPDFium(ctx, w.cacheDir); err != nil {
				return nil, err
			}
		}
		r.Result, err = w.pdfium.Read(ctx, data)
	case jobSecond:
		r.Result, err = pdf.ReadSecond(data)
	case jobDOCX:
		r.Result, err = docx.Read(data)
	case jobText:
		var j textJob
		if err := json.Unmarshal(data, &j); err != nil {
			return nil, fmt.Errorf("text job: %w", err)
		}
		return json.Marshal(j.work())
	default:
		return nil, fmt.Errorf("unknown job %q", kind)
	}
	if err != nil {
		for key, p := range problems {
			if errors.Is(err, p.err) {
				r = reply{Problem: key, Detail: err.Error()}
			}
		}
		if r.Problem == "" {
			return nil, err
		}
	}
	return json.Marshal(r)
}

// compileLimit is what the first PDF may take longer: the engine is compiled for
// it, which takes seconds, and minutes on a machine that is busy.
const compileLimit = 2 * time.Minute

// secondLimit bounds the second engine, which may hang on what the first refused.
const secondLimit = 10 * time.Second

// readPDF reads a PDF with pdfium, and what pdfium takes for damaged with the
// second engine.
func (r *Reader) readPDF(ctx context.Context, in Input) (Document, error) {
	limit := r.opt.Timeout
	if !r.warm.Load() {
		limit += compileLimit
	}
	d, err := r.inChild(ctx, in, jobPDF, limit)
	if err == nil {
		r.warm.Store(true)
	}
	d.Engine = enginePDFium
	if !errors.Is(err, pdf.ErrDamaged) {
		return d, err
	}
	second, err2 := r.inChild(ctx, in, jobSecond, min(secondLimit, r.opt.Timeout))
	if err2 != nil {
		return d, err
	}
	second.Engine = engineSecond
	second.Warnings = append(second.Warnings, "the file is damaged; some of its text may be missing")
	return second, nil
}

// inChild has a worker process do a job.
func (r *Reader) inChild(ctx context.Context, in Input, job string, limit time.Duration) (Document, error) {
	if r.pool == nil {
		return Document{}, kb.Errorf(kb.Unavailable, "%s cannot be read: no reading process is set up.", in.Path)
	}
	data, err := r.pool.Do(ctx, job, in.Data, limit)
	if err != nil {
		return Document{}, r.poolError(err, in.Path, limit)
	}
	var rep reply
	if err := json.Unmarshal(data, &rep); err != nil {
		return Document{}, kb.Wrap(kb.Internal, err, "%s could not be read: the reading process gave no proper answer.", in.Path)
	}
	if p, bad := problems[rep.Problem]; bad {
		return Document{}, kb.Wrap(p.code, fmt.Errorf("%w: %s", p.err, rep.Detail), "%s %s", in.Path, p.message)
	}
	res := rep.Result
	return Document{Title: res.Title, Language: res.Language, Text: res.Text, Pages: res.Pages, Warnings: res.Warnings}, nil
}

// poolError puts into words what happened to a reading process.
func (r *Reader) poolError(err error, name string, limit time.Duration) error {
	switch {
	case errors.Is(err, worker.ErrTimeout):
		return kb.Wrap(kb.Timeout, err, "%s took longer than %s to read and was stopped.", name, limit)
	case errors.Is(err, worker.ErrMemory):
		return kb.Wrap(kb.TooLarge, err, "%s needed more than %s of memory to read and was stopped.", name, size(r.opt.MemoryLimit))
	case errors.Is(err, worker.ErrTooLong):
		return kb.Wrap(kb.TooLarge, err, "%s holds more than %s of text: split it.", name, size(r.opt.MaxText))
	case errors.Is(err, worker.ErrDied):
		return kb.Wrap(kb.Invalid, err, "%s could not be read: the reading process crashed on it. The file is probably damaged.", name)
	case errors.Is(err, worker.ErrGarbage):
		return kb.Wrap(kb.Internal, err, "%s could not be read: the reading process gave no proper answer.", name)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return kb.Wrap(kb.Unavailable, err, "%s could not be read: the reading process did not start.", name)
}
