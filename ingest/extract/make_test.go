package extract

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type pdfOptions struct {
	title   string
	image   bool // a picture on each page
	encrypt bool
}

// makePDF writes a PDF with one page a text.
func makePDF(opt pdfOptions, pages ...string) []byte {
	var objects []string
	add := func(s string) int {
		objects = append(objects, s)
		return len(objects)
	}
	catalog, tree := add(""), add("")
	font := add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	picture := add("<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\n\x80\nendstream")
	var kids []string
	for _, text := range pages {
		content := ""
		if text != "" {
			text = strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`, "\ufb03", "ffi").Replace(text)
			content = "BT /F1 12 Tf 72 720 Td (" + text + ") Tj ET"
		}
		if opt.image {
			content += "\nq 500 0 0 700 50 50 cm /Im1 Do Q"
		}
		stream := add(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content))
		page := add(fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << /Font << /F1 %d 0 R >> /XObject << /Im1 %d 0 R >> >> >>", tree, stream, font, picture))
		kids = append(kids, fmt.Sprintf("%d 0 R", page))
	}
	objects[catalog-1] = fmt.Sprintf("<< /Type /Catalog /Pages %d 0 R >>", tree)
	objects[tree-1] = fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(kids), strings.Join(kids, " "))
	trailer := ""
	if opt.title != "" {
		trailer += fmt.Sprintf(" /Info %d 0 R", add("<< /Title ("+opt.title+") >>"))
	}
	if opt.encrypt {
		key := "<" + strings.Repeat("5a", 32) + ">"
		trailer += fmt.Sprintf(" /Encrypt %d 0 R /ID [<00> <00>]", add("<< /Filter /Standard /V 1 /R 2 /O "+key+" /U "+key+" /P -4 >>"))
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root %d 0 R%s >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, catalog, trailer, start)
	return b.Bytes()
}

// makeDOCX packs parts into a Word file.
func makeDOCX(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = w.Write([]byte(parts[name]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// docxParts are the parts of a Word file with everything that is read.
func docxParts() map[string]string {
	p := func(style, text string) string {
		return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
	}
	item := func(id, level, text string) string {
		return `<w:p><w:pPr><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + id + `"/></w:numPr></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
	}
	cell := func(props, text string) string {
		return `<w:tc><w:tcPr>` + props + `</w:tcPr>` + p("", text) + `</w:tc>`
	}
	body := p("Title", "Travel policy") + p("TOC1", "Trains 1") + p("Heading1", "Trains") +
		`<w:p><w:r><w:t xml:space="preserve">Book at </w:t></w:r><w:hyperlink r:id="rId1"><w:r><w:t>the portal</w:t></w:r></w:hyperlink>` +
		`<w:r><w:t xml:space="preserve"> or </w:t></w:r><w:hyperlink w:anchor="x"><w:r><w:t>below</w:t></w:r></w:hyperlink><w:r><w:t>.</w:t><w:footnoteReference w:id="2"/></w:r>` +
		`<w:del><w:r><w:delText>deleted</w:delText></w:r></w:del><w:ins><w:r><w:t xml:space="preserve"> Added.</w:t></w:r></w:ins>` +
		`<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>` +
		item("1", "0", "First") + item("1", "1", "inner") + item("1", "0", "Second") + item("2", "0", "A point") +
		p("Heading2", "Who pays") +
		`<w:tbl><w:tr>` + cell("", "Who") + cell("", "What") + cell("", "When") + `</w:tr><w:tr>` + cell(`<w:gridSpan w:val="2"/>`, "both | all") + cell(`<w:vMerge w:val="restart"/>`, "later") +
		`</w:tr><w:tr>` + cell("", "you") + cell("", "tea") + cell(`<w:vMerge/>`, "not shown") + `</w:tr></w:tbl>` +
		`<w:tbl><w:tr><w:tc>` + p("", "A frame around one text.") + `</w:tc></w:tr></w:tbl>` +
		p("SourceCode", "travel --book") + p("SourceCode", "  --second") +
		`<w:p><mc:AlternateContent><mc:Choice><w:r><w:txbxContent>` + p("", "In a box.") + `</w:txbxContent></w:r></mc:Choice><mc:Fallback><w:r><w:t>twice</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>` +
		`<w:p><m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath></w:p>` +
		`<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>All in bold</w:t></w:r></w:p>`
	return map[string]string{
		"[Content_Types].xml":          `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels":                  `<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml":            `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="w" xmlns:r="r" xmlns:mc="mc" xmlns:m="m"><w:body>` + body + `<w:sectPr/></w:body></w:document>`,
		"word/_rels/document.xml.rels": `<Relationships><Relationship Id="rId1" Type="hyperlink" Target="https://travel.example/portal" TargetMode="External"/></Relationships>`,
		"word/styles.xml": `<w:styles xmlns:w="w"><w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>` +
			`<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style><w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="Own style"/><w:basedOn w:val="H2"/></w:style>` +
			`<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="base"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>` +
			`<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style><w:style w:type="paragraph" w:styleId="SourceCode"><w:name w:val="Source Code"/></w:style></w:styles>`,
		"word/numbering.xml": `<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>` +
			`<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%2)"/></w:lvl></w:abstractNum>` +
			`<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl></w:abstractNum>` +
			`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>`,
		"word/footnotes.xml": `<w:footnotes xmlns:w="w"><w:footnote w:type="separator" w:id="0"/><w:footnote w:id="2"><w:p><w:r><w:t>Second class.</w:t></w:r></w:p></w:footnote></w:footnotes>`,
		"docProps/core.xml":  `<cp:coreProperties xmlns:cp="cp" xmlns:dc="dc"><dc:title>Travel policy</dc:title><dc:language>en-GB</dc:language></cp:coreProperties>`,
	}
}
