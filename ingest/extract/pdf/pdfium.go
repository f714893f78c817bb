package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdfiumerr "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

// PDFium reads PDFs with Chromium's engine, compiled to WebAssembly: it has no
// way to the machine but the bytes it is given. It does one file at a time.
type PDFium struct {
	pool pdfium.Pool
}

// NewPDFium compiles the engine, which takes seconds unless the compiled code
// is found in cacheDir.
func NewPDFium(ctx context.Context, cacheDir string) (*PDFium, error) {
	// PDFium needs exceptions, which are no part of the default features.
	runtime := wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling)
	if cacheDir != "" {
		// A cache that cannot be written costs time, nothing else.
		if cache, err := wazero.NewCompilationCacheWithDir(cacheDir); err == nil {
			runtime = runtime.WithCompilationCache(cache)
		}
	}
	pool, err := webassembly.Init(webassembly.Config{
		Context: ctx, MinIdle: 0, MaxIdle: 1, MaxTotal: 1,
		FSConfig:      wazero.NewFSConfig(), // the default would show it the whole disk
		RuntimeConfig: runtime, Stdout: io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("start pdfium: %w", err)
	}
	return &PDFium{pool: pool}, nil
}

// Read reads a PDF. Every file gets a fresh engine.
func (p *PDFium) Read(ctx context.Context, data []byte) (reading.Result, error) {
	inst, err := p.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return reading.Result{}, fmt.Errorf("start pdfium: %w", err)
	}
	defer func() { _ = inst.Close() }() // the file is read or refused by then
	opened, err := inst.OpenDocument(&requests.OpenDocument{File: &data})
	switch {
	case errors.Is(err, pdfiumerr.ErrPassword), errors.Is(err, pdfiumerr.ErrSecurity):
		return reading.Result{}, ErrPassword
	case err != nil:
		return reading.Result{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	d := document{inst: inst, ref: opened.Document}
	count, err := inst.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.ref})
	if err != nil || count.PageCount == 0 {
		return reading.Result{}, fmt.Errorf("%w: no pages", ErrDamaged)
	}
	var pages []page
	failed := 0
	for i := range count.PageCount {
		pg, err := d.page(i)
		if err != nil {
			failed++
			pg = page{number: i + 1}
		}
		pages = append(pages, pg)
	}
	if failed == count.PageCount {
		return reading.Result{}, fmt.Errorf("%w: no page can be opened", ErrDamaged)
	}
	title, language := d.info()
	return assemble(title, language, pages, d.outline())
}

// document is an open file.
type document struct {
	inst pdfium.Pdfium
	ref  references.FPDF_DOCUMENT
}

func (d document) info() (title, language string) {
	if m, err := d.inst.FPDF_GetMetaText(&requests.FPDF_GetMetaText{Document: d.ref, Tag: "Title"}); err == nil {
		title = m.Value
	}
	if l, err := d.inst.FPDFCatalog_GetLanguage(&requests.FPDFCatalog_GetLanguage{Document: d.ref}); err == nil {
		language = l.Language
	}
	return title, language
}

// page reads the lines of the page with index i.
func (d document) page(i int) (page, error) {
	out := page{number: i + 1}
	loaded, err := d.inst.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: d.ref, Index: i})
	if err != nil {
		return out, err
	}
	defer func() { _, _ = d.inst.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page}) }()
	ref := requests.Page{ByReference: &loaded.Page}
	text, err := d.inst.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: ref})
	if err != nil {
		return out, err
	}
	defer func() { _, _ = d.inst.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text.TextPage}) }()
	count, err := d.inst.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text.TextPage})
	if err != nil {
		return out, err
	}
	t := textPage{inst: d.inst, ref: text.TextPage}
	if err := t.read(&out, count.Count); err != nil {
		return out, err
	}
	if out.letter == 0 {
		out.images = d.hasImage(ref)
	}
	return out, nil
}

// hasImage looks for a picture among the first objects of a page.
func (d document) hasImage(ref requests.Page) bool {
	count, err := d.inst.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: ref})
	if err != nil {
		return false
	}
	for i := range min(count.Count, 50) {
		o, err := d.inst.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: ref, Index: i})
		if err != nil {
			return false
		}
		kind, err := d.inst.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: o.PageObject})
		if err == nil && (kind.Type == enums.FPDF_PAGEOBJ_IMAGE || kind.Type == enums.FPDF_PAGEOBJ_FORM) {
			return true
		}
	}
	return false
}

// textPage gives the characters of a page.
type textPage struct {
	inst pdfium.Pdfium
	ref  references.FPDF_TEXTPAGE
}

// softHyphen is what pdfium gives for a hyphen at a line's end after which the
// word goes on; the line end itself is left out then.
const softHyphen = 2

func (t textPage) read(out *page, count int) error {
	var b strings.Builder
	first, last := -1, -1 // characters of the line that show something
	flush := func(joins bool) {
		if first >= 0 {
			l := t.line(first, last)
			l.text, l.joins = b.String(), joins
			out.lines = append(out.lines, l)
		}
		b.Reset()
		first, last = -1, -1
	}
	for i := range count {
		u, err := t.inst.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: t.ref, Index: i})
		if err != nil {
			return err
		}
		c := rune(u.Unicode)
		switch {
		case c == '\n':
			flush(false)
			continue
		case c == softHyphen:
			flush(true)
			continue
		case c == '\r':
			continue
		case unicode.IsLetter(c) || unicode.IsDigit(c):
			out.letter++
		case c == 0 || c == unicode.ReplacementChar || unicode.Is(unicode.Co, c) || unicode.Is(unicode.Cn, c) || (c < ' ' && c != '\t'):
			out.broken++
			continue
		}
		b.WriteRune(c)
		if !unicode.IsSpace(c) {
			if last = i; first < 0 {
				first = i
			}
		}
	}
	flush(false)
	return nil
}

// Fonts are told by their names, as pdfium does not know the weight of embedded
// ones.
var (
	boldFont = regexp.MustCompile(`(?i)bold|black|heavy|semibd|demi|cmbx|cmssbx|-bd|medi`)
	monoFont = regexp.MustCompile(`(?i)courier|mono|consol|menlo|cmtt|typewriter|inconsolata|sourcecode|nimbusmon|lmtt|fixed`)
)

// line measures a line by its first and its last character. What cannot be
// measured stays zero.
func (t textPage) line(first, last int) line {
	var l line
	if box, err := t.inst.FPDFText_GetLooseCharBox(&requests.FPDFText_GetLooseCharBox{TextPage: t.ref, Index: first}); err == nil {
		l.left, l.top, l.bottom = float64(box.Rect.Left), float64(box.Rect.Top), float64(box.Rect.Bottom)
	}
	if box, err := t.inst.FPDFText_GetLooseCharBox(&requests.FPDFText_GetLooseCharBox{TextPage: t.ref, Index: last}); err == nil {
		l.right = float64(box.Rect.Right)
	}
	a, z := t.font(first), t.font(last)
	l.bold = boldFont.MatchString(a) && boldFont.MatchString(z)
	l.mono = monoFont.MatchString(a) && monoFont.MatchString(z)
	return l
}

func (t textPage) font(i int) string {
	f, err := t.inst.FPDFText_GetFontInfo(&requests.FPDFText_GetFontInfo{TextPage: t.ref, Index: i})
	if err != nil {
		return ""
	}
	return f.FontName
}

// Bounds of an outline, which a hostile file may make endless.
const (
	maxMarks  = 3000
	maxLevels = 6
)

// outline reads the document's bookmarks in order.
func (d document) outline() []mark {
	var out []mark
	seen := 0
	var descend func(parent *references.FPDF_BOOKMARK, level int)
	descend = func(parent *references.FPDF_BOOKMARK, level int) {
		child, err := d.inst.FPDFBookmark_GetFirstChild(&requests.FPDFBookmark_GetFirstChild{Document: d.ref, Bookmark: parent})
		if err != nil {
			return
		}
		for at := child.Bookmark; at != nil && seen < maxMarks; {
			seen++
			if m, ok := d.mark(*at, level); ok {
				out = append(out, m)
			}
			if level < maxLevels {
				descend(at, level+1)
			}
			next, err := d.inst.FPDFBookmark_GetNextSibling(&requests.FPDFBookmark_GetNextSibling{Document: d.ref, Bookmark: *at})
			if err != nil {
				return
			}
			at = next.Bookmark
		}
	}
	descend(nil, 1)
	return out
}

func (d document) mark(b references.FPDF_BOOKMARK, level int) (mark, bool) {
	title, err := d.inst.FPDFBookmark_GetTitle(&requests.FPDFBookmark_GetTitle{Bookmark: b})
	if err != nil {
		return mark{}, false
	}
	dest, err := d.inst.FPDFBookmark_GetDest(&requests.FPDFBookmark_GetDest{Document: d.ref, Bookmark: b})
	if err != nil || dest.Dest == nil {
		return mark{}, false
	}
	index, err := d.inst.FPDFDest_GetDestPageIndex(&requests.FPDFDest_GetDestPageIndex{Document: d.ref, Dest: *dest.Dest})
	if err != nil {
		return mark{}, false
	}
	return mark{title: title.Title, page: index.Index + 1, level: level}, true
}

// Close frees the engine.
func (p *PDFium) Close() error { return p.pool.Close() }
