package main

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
)

const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	wordNS  = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`

	contentTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`
	packageRels  = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`
	documentRels = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/></Relationships>`
	coreProps    = xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>Roll-out checklist for new workspaces</dc:title><dc:language>en</dc:language><dcterms:created xsi:type="dcterms:W3CDTF">%s</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">%s</dcterms:modified></cp:coreProperties>`
	documentXML  = xmlHead + `<w:document ` + wordNS + `><w:body>%s<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="709" w:footer="709" w:gutter="0"/></w:sectPr></w:body></w:document>`
	stylesXML    = xmlHead + `<w:styles ` + wordNS + `><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="40"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:before="240"/><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/><w:sz w:val="28"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="ListParagraph"><w:name w:val="List Paragraph"/><w:basedOn w:val="Normal"/></w:style></w:styles>`
)

var numbered = regexp.MustCompile(`^\d+\. `)

// wordBody turns headings, paragraphs, lists and tables of one line an item into
// WordprocessingML. lists says of each list whether it is numbered.
func wordBody(lines []string) (body string, lists []bool) {
	var b strings.Builder
	previous := ""
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		kind := lineKind(line)
		if (kind == "number" || kind == "bullet") && kind != previous {
			lists = append(lists, kind == "number")
		}
		switch kind {
		case "heading1":
			paragraph(&b, `<w:pStyle w:val="Heading1"/>`, line[2:])
		case "heading2":
			paragraph(&b, `<w:pStyle w:val="Heading2"/>`, line[3:])
		case "number", "bullet":
			_, item, _ := strings.Cut(line, " ")
			paragraph(&b, fmt.Sprintf(`<w:pStyle w:val="ListParagraph"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="%d"/></w:numPr>`, len(lists)), item)
		case "row":
			end := i
			for end < len(lines) && lineKind(lines[end]) == "row" {
				end++
			}
			table(&b, lines[i:end])
			i = end - 1
		case "text":
			paragraph(&b, "", line)
		}
		previous = kind
	}
	return b.String(), lists
}

func lineKind(line string) string {
	switch {
	case line == "":
		return ""
	case strings.HasPrefix(line, "# "):
		return "heading1"
	case strings.HasPrefix(line, "## "):
		return "heading2"
	case strings.HasPrefix(line, "- "):
		return "bullet"
	case strings.HasPrefix(line, "|"):
		return "row"
	case numbered.MatchString(line):
		return "number"
	}
	return "text"
}

func paragraph(b *strings.Builder, properties, text string) {
	b.WriteString("<w:p>")
	if properties != "" {
		b.WriteString("<w:pPr>" + properties + "</w:pPr>")
	}
	b.WriteString(`<w:r><w:t xml:space="preserve">`)
	xml.EscapeText(b, []byte(text)) // a strings.Builder never fails
	b.WriteString("</w:t></w:r></w:p>")
}

func table(b *strings.Builder, rows []string) {
	b.WriteString(`<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid>`)
	cells := func(row string) []string { return strings.Split(strings.Trim(row, "|"), "|") }
	b.WriteString(strings.Repeat(`<w:gridCol w:w="3200"/>`, len(cells(rows[0]))) + "</w:tblGrid>")
	for i, row := range rows {
		if i == 1 {
			continue // the rule under the header
		}
		b.WriteString("<w:tr>")
		if i == 0 {
			b.WriteString("<w:trPr><w:tblHeader/></w:trPr>")
		}
		for _, cell := range cells(row) {
			b.WriteString(`<w:tc><w:tcPr><w:tcW w:w="3200" w:type="dxa"/></w:tcPr>`)
			paragraph(b, "", strings.TrimSpace(cell))
			b.WriteString("</w:tc>")
		}
		b.WriteString("</w:tr>")
	}
	b.WriteString("</w:tbl>")
}

// numbering declares one list definition a list, so that each starts at 1.
func numbering(lists []bool) string {
	var abstract, nums strings.Builder
	for i, ordered := range lists {
		format, text := "bullet", "•"
		if ordered {
			format, text = "decimal", "%1."
		}
		fmt.Fprintf(&abstract, `<w:abstractNum w:abstractNumId="%d"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="%s"/><w:lvlText w:val="%s"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="720" w:hanging="360"/></w:pPr></w:lvl></w:abstractNum>`, i, format, text)
		fmt.Fprintf(&nums, `<w:num w:numId="%d"><w:abstractNumId w:val="%d"/></w:num>`, i+1, i)
	}
	return xmlHead + `<w:numbering ` + wordNS + `>` + abstract.String() + nums.String() + `</w:numbering>`
}
