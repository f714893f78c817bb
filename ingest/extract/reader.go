package extract

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/ingest/extract/markdown"
	"github.com/askdesk/askdesk/ingest/extract/reading"
	"github.com/askdesk/askdesk/ingest/extract/rst"
	"github.com/askdesk/askdesk/ingest/extract/webpage"
	"github.com/askdesk/askdesk/ingest/extract/worker"
	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

const maxTitle = 300

// Fingerprint names what this package makes of a file. It changes whenever the
// same file would be read differently; documents are then read again.
func Fingerprint() string { return "extract/2" }

// Reader reads files. It is safe for concurrent use.
type Reader struct {
	opt  Options
	pool *worker.Pool // nil without Options.Worker
	warm atomic.Bool  // a PDF was read, so that its engine is compiled and kept
}

// New makes a Reader. It starts nothing; worker processes start when the first
// file comes.
func New(opt Options) *Reader {
	if opt.Timeout <= 0 {
		opt.Timeout = time.Minute
	}
	if opt.MemoryLimit <= 0 {
		opt.MemoryLimit = 1 << 30
	}
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = 100_000_000
	}
	if opt.MaxText <= 0 {
		opt.MaxText = 32 << 20
	}
	if opt.Workers <= 0 {
		opt.Workers = 2
	}
	if opt.IdleClose <= 0 {
		opt.IdleClose = 30 * time.Second
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	r := &Reader{opt: opt}
	if opt.Worker != nil {
		r.pool = worker.New(worker.Options{
			Command: opt.Worker, Max: opt.Workers, MaxReply: 2*opt.MaxText + 1<<20, Idle: opt.IdleClose, Log: opt.Log,
			Setup: worker.Setup{MemoryLimit: opt.MemoryLimit, CacheDir: opt.CacheDir},
		})
	}
	return r
}

// Close ends the worker processes. Reads under way fail.
func (r *Reader) Close() error {
	if r.pool == nil {
		return nil
	}
	return r.pool.Close()
}

// Read reads a file. An error is a kb.Error that names the file and says why in
// a sentence: Invalid, Unsupported, TooLarge, Timeout, or Unavailable where
// there is no worker.
func (r *Reader) Read(ctx context.Context, in Input) (Document, error) {
	if err := ctx.Err(); err != nil {
		return Document{}, err
	}
	if int64(len(in.Data)) > r.opt.MaxBytes {
		return Document{}, kb.Errorf(kb.TooLarge, "%s is larger than %s: split it, or raise max_upload_mb.", in.Path, size(r.opt.MaxBytes))
	}
	format, err := detect(in.Path, in.Data)
	if err != nil {
		return Document{}, err
	}
	var d Document
	switch format {
	case formatPDF:
		d, err = r.readPDF(ctx, in)
	case formatDOCX:
		d, err = r.inChild(ctx, in, jobDOCX, r.opt.Timeout)
	default:
		d, err = r.readPlain(ctx, in, format)
	}
	if err != nil {
		return Document{}, err
	}
	d.Format = format
	return r.finish(d, in.Path)
}

// finish checks what was read and fills in title and language.
func (r *Reader) finish(d Document, name string) (Document, error) {
	if int64(len(d.Text)) > r.opt.MaxText {
		return Document{}, kb.Errorf(kb.TooLarge, "%s holds more than %s of text: split it.", name, size(r.opt.MaxText))
	}
	if strings.IndexFunc(d.Text, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }) < 0 {
		if written(d.Format) && strings.TrimSpace(d.Text) == "" {
			return Document{}, kb.Wrap(kb.Invalid, ErrEmpty, "%s is empty but for metadata or comments.", name)
		}
		return Document{}, kb.Errorf(kb.Invalid, "%s holds no text to read.", name)
	}
	for _, title := range []string{d.Meta.Title, d.Title, firstHeading(d.Text), fileTitle(name)} {
		if d.Title = reading.OneLine(plain(title), maxTitle); d.Title != "" {
			break
		}
	}
	d.Language = languageCode(d.Language)
	if d.Meta.Language != "" {
		d.Language = d.Meta.Language
	}
	if d.Language == "" {
		d.Language = text.Language(d.Text)
	}
	return d, nil
}

// written tells the formats in which a text stands as somebody typed it: nothing
// that could be missing has gone lost on the way.
func written(format string) bool {
	return format == formatMarkdown || format == formatMDX || format == formatRST || format == formatText
}

func readText(in Input, format string) (Document, error) {
	src, encoding, err := decode(in.Data)
	if err != nil {
		return Document{}, kb.Wrap(kb.Invalid, err, "%s is not text, although its name says so: it holds binary data.", in.Path)
	}
	d := Document{}
	if encoding != "UTF-8" {
		d.Warnings = append(d.Warnings, "read as "+encoding)
	} else if strings.ContainsRune(src, utf8.RuneError) {
		d.Warnings = append(d.Warnings, "some characters are damaged and were replaced")
	}
	switch format {
	case formatMarkdown, formatMDX:
		meta, body, warnings, err := frontMatter(src)
		if err != nil {
			return Document{}, kb.Errorf(kb.CodeOf(err), "%s: %w", in.Path, err)
		}
		d.Meta, d.Warnings = meta, append(d.Warnings, warnings...)
		d.Text = markdown.Read(body, markdown.Options{MDX: format == formatMDX, Fragment: webpage.Fragment})
	case formatRST:
		d.Text = rst.Read(src)
	default:
		d.Text = markdown.Plain(src)
	}
	return d, nil
}

func readHTML(in Input) (Document, error) {
	data := in.Data
	if _, ok := utf16Order(data); ok {
		if s, _, err := decode(data); err == nil {
			data = []byte("\xEF\xBB\xBF" + s)
		}
	}
	page, err := webpage.Read(data, in.URL)
	if errors.Is(err, webpage.ErrTooLarge) {
		return Document{}, kb.Errorf(kb.TooLarge, "%s: %w", in.Path, err)
	}
	if err != nil {
		return Document{}, kb.Wrap(kb.Invalid, err, "%s cannot be read as a web page.", in.Path)
	}
	return Document{Title: page.Title, Language: page.Language, Text: page.Text, Meta: Meta{URL: page.URL}, Warnings: page.Warnings}, nil
}

// firstHeading is the title that the text gives itself: its only heading of the
// highest level, or a heading with which it begins.
func firstHeading(s string) string {
	var f reading.Fence
	first := true
	for line := range strings.SplitSeq(s, "\n") {
		if f.Line(line) || line == "" {
			first = first && line == ""
			continue
		}
		if t, ok := strings.CutPrefix(line, "# "); ok {
			return t
		}
		if first && strings.HasPrefix(line, "#") && !strings.Contains(s[len(line):], "\n"+line[:strings.IndexByte(line+" ", ' ')+1]) {
			return strings.TrimLeft(line, "# ")
		}
		first = false
	}
	return ""
}

// fileTitle makes a title of a file's name: 010_first-steps.md is First steps.
func fileTitle(name string) string {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	if ext := path.Ext(base); len(ext) < len(base) {
		base = strings.TrimSuffix(base, ext)
	}
	words := strings.Join(strings.FieldsFunc(base, func(c rune) bool { return c == '_' || c == '-' || unicode.IsSpace(c) }), " ")
	if m := ordinal.FindStringSubmatch(words); m != nil {
		words = m[1]
	}
	c, n := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(c)) + words[n:]
}

var ordinal = regexp.MustCompile(`^\d{1,3}\.? +(\pL.*)$`)

// plain takes Markdown's marks off a title.
func plain(s string) string {
	s = linkMark.ReplaceAllString(s, "$1")
	return strings.TrimSpace(strings.NewReplacer("**", "", "`", "").Replace(s))
}

func size(n int64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1e6:
		return fmt.Sprintf("%d MB", n/1e6)
	}
	return fmt.Sprintf("%d bytes", n)
}
