// Command source makes the PDF and the DOCX of the sample help centre again
// from admin-guide.html and onboarding-checklist.md. It needs Chromium:
//
//	go run ./testdata/helpcentre/source
package main

import (
	"archive/zip"
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// edition stands in both files instead of the time of the run, so that a second
// run gives the same DOCX, and a PDF in which only the browser's node ids differ.
var edition = time.Date(2026, 9, 7, 8, 0, 0, 0, time.UTC)

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", "testdata/helpcentre", "folder of the sample help centre")
	chromium := flag.String("chromium", "chromium", "browser that prints the PDF")
	flag.Parse()
	src := filepath.Join(*dir, "source")
	articles := filepath.Join(*dir, "articles")
	if err := makePDF(*chromium, filepath.Join(src, "admin-guide.html"), filepath.Join(articles, "administration", "admin-guide.pdf")); err != nil {
		log.Fatal(err)
	}
	if err := makeDOCX(filepath.Join(src, "onboarding-checklist.md"), filepath.Join(articles, "getting-started", "onboarding-checklist.docx")); err != nil {
		log.Fatal(err)
	}
}

var pdfDates = regexp.MustCompile(`/(CreationDate|ModDate) \(D:[^)]*\)`)

func makePDF(chromium, from, to string) error {
	page, err := filepath.Abs(from)
	if err != nil {
		return fmt.Errorf("find %s: %w", from, err)
	}
	args := []string{"--headless", "--disable-gpu", "--no-pdf-header-footer", "--generate-pdf-document-outline", "--print-to-pdf=" + to}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	if out, err := exec.Command(chromium, append(args, "file://"+page)...).CombinedOutput(); err != nil {
		return fmt.Errorf("print %s: %w: %s", from, err, out)
	}
	data, err := os.ReadFile(to)
	if err != nil {
		return fmt.Errorf("read the printed file: %w", err)
	}
	stamp := edition.Format("20060102150405") + "+00'00'"
	data = pdfDates.ReplaceAllFunc(data, func(m []byte) []byte {
		fixed := []byte(fmt.Sprintf("/%s (D:%s)", pdfDates.FindSubmatch(m)[1], stamp))
		if len(fixed) != len(m) {
			return m
		}
		return fixed
	})
	return os.WriteFile(to, data, 0o644)
}

func makeDOCX(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	body, lists := wordBody(strings.Split(strings.TrimSpace(string(text)), "\n"))
	parts := []struct{ name, content string }{
		{"[Content_Types].xml", contentTypes},
		{"_rels/.rels", packageRels},
		{"docProps/core.xml", fmt.Sprintf(coreProps, edition.Format(time.RFC3339), edition.Format(time.RFC3339))},
		{"word/_rels/document.xml.rels", documentRels},
		{"word/document.xml", fmt.Sprintf(documentXML, body)},
		{"word/numbering.xml", numbering(lists)},
		{"word/styles.xml", stylesXML},
	}
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for _, p := range parts {
		w, err := zw.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: edition})
		if err != nil {
			return fmt.Errorf("add %s: %w", p.name, err)
		}
		if _, err := w.Write([]byte(p.content)); err != nil {
			return fmt.Errorf("write %s: %w", p.name, err)
		}
	}
	if err := zw.Close(); err != nil {
		return fmt.Errorf("close the archive: %w", err)
	}
	return os.WriteFile(to, buf.Bytes(), 0o644)
}
