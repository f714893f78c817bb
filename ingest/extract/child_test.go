package extract

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

// workerBinary is built once, and never with the race detector: compiling
// PDFium takes 19 s under it.
var workerBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "askdesk-worker")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "worker")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", name, "./testdata/worker").CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return name, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if name, err := workerBinary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(name)) // the system's temporary folder is emptied anyway
	}
	os.Exit(code)
}

// reader gives a Reader with a real worker, whose compiled code is kept between
// runs of the tests.
func reader(t *testing.T, opt Options) *Reader {
	t.Helper()
	name, err := workerBinary()
	require.NoError(t, err, name)
	opt.Worker = func(context.Context) *exec.Cmd { return exec.Command(name) }
	if opt.CacheDir == "" {
		opt.CacheDir = filepath.Join(os.TempDir(), "askdesk-test-pdfium")
	}
	r := New(opt)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func TestPDF(t *testing.T) {
	r := reader(t, Options{})
	for _, name := range []string{"invoice.pdf", "handbook.pdf"} {
		data, err := os.ReadFile(filepath.Join("testdata", "docs", name))
		require.NoError(t, err)
		d, err := r.Read(context.Background(), Input{Path: name, Data: data})
		require.NoError(t, err)
		check(t, d)
		require.Equal(t, "pdfium", d.Engine)
		require.Len(t, d.Pages, 2)
		golden(t, name, d.Text)
	}
}

func TestPDFByContent(t *testing.T) {
	r := reader(t, Options{})
	one := makePDF(pdfOptions{title: "Microsoft Word - draft.doc"}, "Hello from a page", "Second page: e\ufb03cient o\ufb03ces")
	d, err := r.Read(context.Background(), Input{Path: "named-wrong.md", Data: one})
	require.NoError(t, err)
	require.Equal(t, "pdf", d.Format)
	require.Equal(t, "Named wrong", d.Title)
	require.Equal(t, []Page{{Number: 1}, {Number: 2, Start: len("Hello from a page\n\n")}}, d.Pages)
	require.Contains(t, d.Text, "Hello from a page\n\nSecond page")

	d, err = r.Read(context.Background(), Input{Path: "a.pdf", Data: append([]byte("junk before\n"), one...)})
	require.NoError(t, err)
	require.Contains(t, d.Text, "Hello")

	d, err = r.Read(context.Background(), Input{Path: "a.pdf", Data: makePDF(pdfOptions{title: "Price list"}, "", "Only the second page has text")})
	require.NoError(t, err)
	require.Equal(t, "Price list", d.Title)
	require.Equal(t, []Page{{Number: 2}}, d.Pages)
	require.Contains(t, strings.Join(d.Warnings, " "), "no text on 1 of 2 pages (1)")
}

func TestBadPDF(t *testing.T) {
	r := reader(t, Options{})
	good := makePDF(pdfOptions{}, "Hello")
	for name, c := range map[string]struct {
		data  []byte
		code  kb.Code
		words string
	}{
		"scanned":   {makePDF(pdfOptions{image: true}, ""), kb.Unsupported, "a.pdf holds scanned pages without text"},
		"no text":   {makePDF(pdfOptions{}, ""), kb.Invalid, "a.pdf holds no text to read"},
		"encrypted": {makePDF(pdfOptions{encrypt: true}, "Secret"), kb.Invalid, "a.pdf is protected by a password"},
		"truncated": {good[:40], kb.Invalid, "a.pdf is damaged and cannot be opened"},
		"only mark": {[]byte("%PDF-1.4"), kb.Invalid, "a.pdf is damaged and cannot be opened"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Read(context.Background(), Input{Path: "a.pdf", Data: c.data})
			require.Error(t, err)
			require.Equal(t, c.code, kb.CodeOf(err), err)
			require.Contains(t, kb.MessageOf(err), c.words)
		})
	}
}

func TestDOCX(t *testing.T) {
	r := reader(t, Options{})
	data := makeDOCX(t, docxParts())
	d, err := r.Read(context.Background(), Input{Path: "travel.docx", Data: data})
	require.NoError(t, err)
	check(t, d)
	require.Equal(t, "docx", d.Format)
	require.Equal(t, "Travel policy", d.Title)
	golden(t, "travel.docx", d.Text)

	d, err = r.Read(context.Background(), Input{Path: "travel.txt", Data: data})
	require.NoError(t, err)
	require.Equal(t, "docx", d.Format)
}

func TestBadDOCX(t *testing.T) {
	r := reader(t, Options{})
	good := makeDOCX(t, docxParts())
	bomb := docxParts()
	bomb["word/document.xml"] = `<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>` + strings.Repeat("a", 20<<20) + `</w:t></w:r></w:p></w:body></w:document>`
	broken := docxParts()
	broken["word/document.xml"] = `<w:document xmlns:w="w"><w:body><w:p><w:r>`
	ole := append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 600)...)
	for name, c := range map[string]struct {
		data  []byte
		code  kb.Code
		words string
	}{
		"truncated":   {good[:len(good)-50], kb.Invalid, "a.docx is damaged and cannot be opened"},
		"bomb":        {makeDOCX(t, bomb), kb.TooLarge, "a.docx is too large when unpacked"},
		"broken XML":  {makeDOCX(t, broken), kb.Invalid, "a.docx is damaged"},
		"encrypted":   {append(ole, utf16LE("EncryptedPackage")...), kb.Invalid, "a.docx is protected by a password"},
		"old Word":    {ole, kb.Unsupported, "an old Office file"},
		"other files": {makeDOCX(t, map[string]string{"a.txt": "x"}), kb.Unsupported, "a ZIP file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Read(context.Background(), Input{Path: "a.docx", Data: c.data})
			require.Error(t, err)
			require.Equal(t, c.code, kb.CodeOf(err), err)
			require.Contains(t, kb.MessageOf(err), c.words)
		})
	}
}

func TestLimits(t *testing.T) {
	pdf := makePDF(pdfOptions{}, "Hello")
	r := reader(t, Options{Timeout: time.Millisecond})
	_, err := r.Read(context.Background(), Input{Path: "slow.md", Data: []byte(strings.Repeat("Words.\n\n", 100_000))})
	require.Equal(t, kb.Timeout, kb.CodeOf(err), err)
	require.Equal(t, "slow.md took longer than 1ms to read and was stopped.", kb.MessageOf(err))

	r = reader(t, Options{MemoryLimit: 16 << 20})
	_, err = r.Read(context.Background(), Input{Path: "big.pdf", Data: pdf})
	require.Equal(t, kb.TooLarge, kb.CodeOf(err), err)
	require.Equal(t, "big.pdf needed more than 16 MiB of memory to read and was stopped.", kb.MessageOf(err))

	r = reader(t, Options{MaxText: 3})
	_, err = r.Read(context.Background(), Input{Path: "long.pdf", Data: pdf})
	require.Equal(t, kb.TooLarge, kb.CodeOf(err), err)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = r.Read(ctx, Input{Path: "a.pdf", Data: pdf})
	require.ErrorIs(t, err, context.Canceled)

	r = New(Options{Worker: func(context.Context) *exec.Cmd { return exec.Command("/no/such/program") }})
	_, err = r.Read(context.Background(), Input{Path: "a.pdf", Data: pdf})
	require.Equal(t, kb.Unavailable, kb.CodeOf(err), err)
}

func TestSecondEngine(t *testing.T) {
	r := reader(t, Options{})
	d, err := r.inChild(context.Background(), Input{Path: "a.pdf", Data: makePDF(pdfOptions{}, "Words (in) the second engine")}, jobSecond, time.Minute)
	require.NoError(t, err)
	require.Equal(t, "Words (in) the second engine\n", d.Text)
}

func TestReadersAtOnce(t *testing.T) {
	r := reader(t, Options{})
	var wg sync.WaitGroup
	errs := make([]error, 8)
	texts := make([]string, 8)
	for i := range errs {
		wg.Go(func() {
			d, err := r.Read(context.Background(), Input{Path: "a.pdf", Data: makePDF(pdfOptions{}, strings.Repeat("word ", i+1))})
			errs[i], texts[i] = err, d.Text
		})
	}
	wg.Wait()
	for i := range errs {
		require.NoError(t, errs[i])
		require.Len(t, strings.Fields(texts[i]), i+1)
	}
}

// A worker process and this process read the same in every text format.
func TestChildReadsTextFormatsAlike(t *testing.T) {
	child, here := reader(t, Options{}), New(Options{})
	for name, src := range map[string]string{
		"a.md":   "---\ntitle: Hours\nupdated: 2026-05-01\naudience: public\ntags: [a, b]\n---\n# Hours\n\nOpen *daily* from 9.\n",
		"a.mdx":  "import X from 'x'\n\n# Plans\n\n<Note>Two plans.</Note>\n",
		"a.html": "<html lang=de><title>Preise</title><body><main><h1>Preise</h1><p>Ein Platz kostet 9 Euro.</p></main></body></html>",
		"a.rst":  "Title\n=====\n\n.. note:: Read this.\n",
		"a.txt":  "Plain words.\n",
		"bad.md": "a\x00\x01\x02\x03b",
	} {
		want, wantErr := here.Read(t.Context(), Input{Path: name, Data: []byte(src)})
		got, err := child.Read(t.Context(), Input{Path: name, Data: []byte(src)})
		require.Equal(t, kb.CodeOf(wantErr), kb.CodeOf(err), name)
		require.Equal(t, want, got, name)
	}
}

func TestTextThatAsksForTooMuch(t *testing.T) {
	r := reader(t, Options{MemoryLimit: 128 << 20, Timeout: 20 * time.Second})
	cells := strings.Repeat("<td colspan=1000 rowspan=65534>x</td>", 200)
	_, err := r.Read(t.Context(), Input{Path: "bomb.html", Data: []byte("<body><main><table><tr>" + cells + "</tr></table></main></body>")})
	if err != nil { // a reader that copes is as good
		require.Contains(t, []kb.Code{kb.TooLarge, kb.Timeout}, kb.CodeOf(err))
	}
	d, err := r.Read(t.Context(), Input{Path: "deep.md", Data: []byte("---\ntitle: " + strings.Repeat("[", 100_000) + "\n---\n# Fine\n\nText.\n")})
	require.NoError(t, err)
	require.Contains(t, d.Text, "# Fine", "the metadata is read line by line, the text as it is")
	after, err := r.Read(t.Context(), Input{Path: "next.md", Data: []byte("# Next\n\nIt goes on.\n")})
	require.NoError(t, err)
	require.Equal(t, "Next", after.Title)
}
