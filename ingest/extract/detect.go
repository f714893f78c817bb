package extract

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"github.com/askdesk/askdesk/kb"
)

// The formats that are read, as Document.Format names them.
const (
	formatMarkdown = "markdown"
	formatMDX      = "mdx"
	formatText     = "text"
	formatHTML     = "html"
	formatRST      = "rst"
	formatPDF      = "pdf"
	formatDOCX     = "docx"
)

var formatByExtension = map[string]string{
	".md": formatMarkdown, ".markdown": formatMarkdown, ".mdown": formatMarkdown, ".mkd": formatMarkdown,
	".mdx": formatMDX,
	".txt": formatText, ".text": formatText, ".log": formatText,
	".html": formatHTML, ".htm": formatHTML, ".xhtml": formatHTML,
	".rst": formatRST, ".rest": formatRST,
	".pdf":  formatPDF,
	".docx": formatDOCX, ".docm": formatDOCX,
}

// textNames are files that hold prose although their names have no extension.
var textNames = map[string]bool{"readme": true, "faq": true, "changelog": true, "changes": true, "news": true, "install": true}

// hints say what to do with formats that people will try.
var hints = map[string]string{
	".doc":  "is an old Word file: save it as .docx or PDF",
	".rtf":  "is an RTF file: save it as .docx or PDF",
	".odt":  "is an OpenDocument file: save it as .docx or PDF",
	".pptx": "is a presentation: save it as PDF", ".ppt": "is a presentation: save it as PDF", ".odp": "is a presentation: save it as PDF",
	".xlsx": "is a spreadsheet: save what matters as .md or PDF", ".xls": "is a spreadsheet: save what matters as .md or PDF",
	".ods": "is a spreadsheet: save what matters as .md or PDF",
	".csv": "is a table of data, not a document: put it into .md", ".tsv": "is a table of data, not a document: put it into .md",
	".json": "is data, not a document", ".jsonl": "is data, not a document", ".ndjson": "is data, not a document",
	".xml": "is data, not a document", ".yaml": "is data, not a document", ".yml": "is data, not a document", ".toml": "is data, not a document",
	".epub": "is an e-book: save it as .html or PDF",
	".eml":  "is a mail: save it as .txt or .html", ".msg": "is a mail: save it as .txt or .html",
}

// Readable says which files are read.
const Readable = "Askdesk reads .md, .mdx, .txt, .html, .rst, .pdf and .docx"

// Unsupported says in a sentence why a file of this name is not worth opening,
// "" if it is.
func Unsupported(name string) string {
	ext := strings.ToLower(path.Ext(name))
	base := strings.ToLower(path.Base(name))
	switch {
	case formatByExtension[ext] != "" || (ext == "" && textNames[base]):
		return ""
	case strings.HasSuffix(base, MetaExtensions[0]), strings.HasSuffix(base, MetaExtensions[1]):
		return fmt.Sprintf("%s describes another document; it is read with it.", name)
	case hints[ext] != "":
		return fmt.Sprintf("%s %s (%s).", name, hints[ext], Readable)
	case ext == "":
		return fmt.Sprintf("%s has no extension that tells what it is (%s).", name, Readable)
	}
	return fmt.Sprintf("%s is a %s file (%s).", name, ext, Readable)
}

// detect finds a file's format. Content decides wherever it is plain: a PDF, a
// Word file, a web page or a picture is one whatever its name; among the formats
// of plain text the name decides.
func detect(name string, data []byte) (string, error) {
	named := formatByExtension[strings.ToLower(path.Ext(name))]
	if named == "" && textNames[strings.ToLower(path.Base(name))] {
		named = formatText
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return "", kb.Wrap(kb.Invalid, ErrEmpty, "%s is empty.", name)
	}
	found, kind := sniff(data)
	switch {
	case found == "" && kind != "":
		return "", binaryError(name, named, kind)
	case found == formatPDF || found == formatDOCX:
		return found, nil
	case found == formatHTML && (named != "" || path.Ext(name) == ""):
		return found, nil
	case named == formatPDF || named == formatDOCX:
		return "", kb.Errorf(kb.Invalid, "%s holds no %s: the file is damaged, or it has the wrong extension.", name, strings.ToUpper(named))
	case named == "":
		return "", kb.Errorf(kb.Unsupported, "%s", Unsupported(name))
	}
	return named, nil
}

func binaryError(name, named, kind string) error {
	switch {
	case kind == kindEncrypted:
		return kb.Errorf(kb.Invalid, "%s is protected by a password: save it without one.", name)
	case named != "":
		return kb.Errorf(kb.Unsupported, "%s holds %s, not what its extension says (%s).", name, kind, Readable)
	}
	return kb.Errorf(kb.Unsupported, "%s holds %s (%s).", name, kind, Readable)
}

const kindEncrypted = "an encrypted document"

// sniff gives the format that content alone shows; or, for content that is no
// text and none of the formats, what it is in words; or neither.
func sniff(data []byte) (format, kind string) {
	head := data[:min(len(data), 1024)]
	if bytes.Contains(head, []byte("%PDF-")) {
		return formatPDF, ""
	}
	if _, _, err := decode(data[:min(len(data), 1<<20)&^1]); err == nil {
		return sniffText(head), ""
	}
	m := mimetype.Detect(data)
	switch {
	case m.Is("application/vnd.openxmlformats-officedocument.wordprocessingml.document"), bytes.Contains(data, []byte("word/document.xml")) && bytes.HasPrefix(data, []byte("PK")):
		return formatDOCX, ""
	case m.Is("application/pdf"):
		return formatPDF, ""
	case bytes.Contains(head, []byte("\xD0\xCF\x11\xE0")):
		if bytes.Contains(data, utf16LE("EncryptedPackage")) {
			return "", kindEncrypted
		}
		return "", "an old Office file (.doc, .xls or .ppt)"
	case strings.HasPrefix(m.String(), "image/"):
		return "", "a picture (" + strings.ToUpper(strings.TrimPrefix(m.Extension(), ".")) + ")"
	case m.Extension() == "" || m.Is("text/plain"):
		return "", "binary data"
	}
	return "", "a " + strings.ToUpper(strings.TrimPrefix(m.Extension(), ".")) + " file"
}

// sniffText tells a web page by its first tag. Less would not do: Markdown may
// begin with a tag too.
func sniffText(head []byte) string {
	head = bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n"))
	if bytes.HasPrefix(head, []byte("<?xml")) {
		if _, rest, ok := bytes.Cut(head, []byte("?>")); ok {
			head = bytes.TrimSpace(rest)
		}
	}
	if bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html")) {
		return formatHTML
	}
	return ""
}

func utf16LE(s string) []byte {
	out := make([]byte, 0, 2*len(s))
	for _, c := range []byte(s) {
		out = append(out, c, 0)
	}
	return out
}
