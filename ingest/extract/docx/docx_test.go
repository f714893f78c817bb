package docx

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = w.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func document(body string) string {
	return `<w:document xmlns:w="w" xmlns:r="r"><w:body>` + body + `</w:body></w:document>`
}

func TestRead(t *testing.T) {
	run := func(s string) string { return "<w:r><w:t>" + s + "</w:t></w:r>" }
	p := func(s string) string { return "<w:p>" + s + "</w:p>" }
	for name, c := range map[string]struct{ body, want string }{
		"paragraphs":      {p(run("a")) + p(run("b")), "a\n\nb\n"},
		"split runs":      {p(run("wo") + run("rd")), "word\n"},
		"breaks and tabs": {p("<w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t><w:br w:type='page'/></w:r>"), "a\nb\tc\n"},
		"hyphens":         {p("<w:r><w:t>a</w:t><w:noBreakHyphen/><w:t>b</w:t><w:softHyphen/><w:t>c</w:t></w:r>"), "a-bc\n"},
		"moved":           {p("<w:moveFrom>" + run("old") + "</w:moveFrom><w:moveTo>" + run("new") + "</w:moveTo>"), "new\n"},
		"content control": {"<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent>" + p(run("a")) + "</w:sdtContent></w:sdt>", "a\n"},
		"heading by name": {"<w:p><w:pPr><w:pStyle w:val='Heading 3'/></w:pPr>" + run("a") + "</w:p>", "### a\n"},
		"outline level":   {"<w:p><w:pPr><w:outlineLvl w:val='0'/></w:pPr>" + run("a") + "</w:p>", "# a\n"},
		"mono font":       {p("<w:r><w:rPr><w:rFonts w:ascii='Courier New'/></w:rPr><w:t>a b</w:t></w:r>"), "```\na b\n```\n"},
		"one mono word":   {p(run("use ") + "<w:r><w:rPr><w:rFonts w:ascii='Consolas'/></w:rPr><w:t>ls</w:t></w:r>"), "use ls\n"},
		"nested table":    {"<w:tbl><w:tr><w:tc>" + p(run("a")) + "</w:tc><w:tc><w:tbl><w:tr><w:tc>" + p(run("b")) + "</w:tc><w:tc>" + p(run("c")) + "</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>", "| a | b c |\n| --- | --- |\n"},
		"no such list":    {"<w:p><w:pPr><w:numPr><w:ilvl w:val='7'/><w:numId w:val='9'/></w:numPr></w:pPr>" + run("a") + "</w:p>", "a\n"},
		"field":           {p("<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>REF x</w:instrText></w:r><w:r><w:t>Table 1</w:t></w:r>"), "Table 1\n"},
		"entities":        {p(run("a &lt; b &amp; c")), "a < b & c\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Read(pack(t, map[string]string{"word/document.xml": document(c.body)}))
			require.NoError(t, err)
			require.Equal(t, c.want, got.Text)
		})
	}
}

func TestBadFiles(t *testing.T) {
	deep := strings.Repeat("<w:tbl><w:tr><w:tc>", 2000) + "<w:p><w:r><w:t>a</w:t></w:r></w:p>" + strings.Repeat("</w:tc></w:tr></w:tbl>", 2000)
	_, err := Read(pack(t, map[string]string{"word/document.xml": document(deep)}))
	require.NoError(t, err, "deep elements are dropped")
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":     {nil, ErrDamaged},
		"no zip":      {[]byte("PK\x03\x04 and no more"), ErrDamaged},
		"no document": {pack(t, map[string]string{"a": "b"}), ErrDamaged},
		"no XML":      {pack(t, map[string]string{"word/document.xml": "{}<"}), ErrDamaged},
		"bomb":        {pack(t, map[string]string{"word/document.xml": document(strings.Repeat(" ", 20<<20))}), ErrTooLarge},
		"style bomb":  {pack(t, map[string]string{"word/document.xml": document(""), "word/styles.xml": strings.Repeat(" ", 20<<20)}), ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(c.data)
			require.ErrorIs(t, err, c.want)
		})
	}
	got, err := Read(pack(t, map[string]string{"word/document.xml": "<w:document><w:body><w:p><w:r><w:t>a</w:t></w:r></w:p><w:p><w:r>"}))
	require.NoError(t, err)
	require.Equal(t, "a\n", got.Text)
	require.Len(t, got.Warnings, 1)
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		n            int
		format, want string
	}{{3, "decimal", "3"}, {3, "decimalZero", "03"}, {28, "lowerLetter", "bb"}, {2, "upperLetter", "B"}, {4, "lowerRoman", "iv"}, {1999, "upperRoman", "MCMXCIX"}, {0, "lowerRoman", "0"}, {5, "ordinal", "5"}} {
		require.Equal(t, c.want, number(c.n, c.format))
	}
}

func FuzzDocument(f *testing.F) {
	f.Add("<w:p><w:r><w:t>a</w:t></w:r></w:p>")
	f.Add("<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='3'/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>")
	f.Add("<w:p><m:oMath><m:sSup><m:e><m:t>a</m:t></m:e></m:sSup></m:oMath></w:p>")
	f.Fuzz(func(t *testing.T, body string) {
		got, err := Read(pack(t, map[string]string{"word/document.xml": document(body)}))
		if err == nil {
			require.True(t, utf8.ValidString(got.Text))
		}
	})
}

func FuzzFile(f *testing.F) {
	f.Add(pack(f, map[string]string{"word/document.xml": document("<w:p><w:r><w:t>a</w:t></w:r></w:p>"), "word/styles.xml": "<w:styles/>"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Read(data)
		if err == nil {
			require.True(t, utf8.ValidString(got.Text))
		}
	})
}
