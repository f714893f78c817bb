package pdf

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

// typeset puts lines of the same size below each other. A line that starts with
// # is large, one with ! is bold, one with $ of one width; an empty one is a gap.
func typeset(number int, lines ...string) page {
	p := page{number: number}
	y := 700.0
	for _, s := range lines {
		if s == "" {
			y -= 12
			continue
		}
		l := line{left: 72, bottom: y, top: y + 12}
		switch s[0] {
		case '#':
			s, l.top = s[1:], y+18
		case '!':
			s, l.bold = s[1:], true
		case '$':
			s, l.mono = s[1:], true
			indent := len(s) - len(strings.TrimLeft(s, " "))
			l.left += 6 * float64(indent)
		}
		if t, ok := strings.CutSuffix(s, "~"); ok {
			s, l.joins = t, true
		}
		l.text = s
		l.right = l.left + 6*float64(utf8.RuneCountInString(strings.TrimSpace(s)))
		p.lines = append(p.lines, l)
		p.letter += letters(s)
		y -= 14
	}
	return p
}

const filler = "This line is as long as the column in which it stands is wide"

func one(t *testing.T, p ...page) reading.Result {
	t.Helper()
	r, err := assemble("", "", p, nil)
	require.NoError(t, err)
	return r
}

func TestParagraphs(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"joined lines":    {[]string{filler, filler, "and ends."}, filler + " " + filler + " and ends.\n"},
		"gap":             {[]string{filler, "", filler}, filler + "\n\n" + filler + "\n"},
		"short lines":     {[]string{"Street 1", "12345 Town", "", filler}, "Street 1\n12345 Town\n\n" + filler + "\n"},
		"heading by size": {[]string{"#The title", filler, filler}, "# The title\n\n" + filler + " " + filler + "\n"},
		"heading in bold": {[]string{filler, "", "!Who pays", filler}, filler + "\n\n# Who pays\n\n" + filler + "\n"},
		"bold sentence":   {[]string{filler, "", "!Take care.", filler}, filler + "\n\nTake care.\n" + filler + "\n"},
		"bullets":         {[]string{"• first point", "• second point"}, "- first point\n- second point\n"},
		"code":            {[]string{filler, "$for x", "$  do", "$done", filler}, filler + "\n\n```\nfor x\n  do\ndone\n```\n\n" + filler + "\n"},
		"ligatures":       {[]string{"e\ufb03cient \uff21\uff22 x² ½"}, "efficient AB x² ½\n"},
		"formula":         {[]string{"#x =", filler}, "x =\n\n" + filler + "\n"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, one(t, typeset(1, c.lines...)).Text) })
	}
}

func TestHyphens(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"parted":         {[]string{"an instal~", "lation of it"}, "an installation of it"},
		"known whole":    {[]string{"the backup and the back~", "up of it"}, "the backup of it"},
		"known compound": {[]string{"a read-only file, a read~", "only file"}, "a read-only file"},
		"capital":        {[]string{"the German~", "English list"}, "the German-English list"},
		"two words":      {[]string{"a command with a line", "the command~", "line tool"}, "the command-line tool"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, strings.ReplaceAll(one(t, typeset(1, c.lines...)).Text, "read-only file, a read-only", "a read-only"), c.want)
		})
	}
}

func TestRunningTitles(t *testing.T) {
	var pages []page
	for i := 1; i <= 4; i++ {
		pages = append(pages, typeset(i, "Handbook of the server", filler, filler, fmt.Sprintf("Text of page %d ends here.", i), fmt.Sprint(i+10)))
	}
	r := one(t, pages...)
	require.Equal(t, 1, strings.Count(r.Text, "Handbook of the server"))
	for i, p := range r.Pages {
		require.Equal(t, i+1, p.Number)
		require.Contains(t, r.Text[p.Start:], fmt.Sprintf("Text of page %d ends here.", i+1))
		require.NotContains(t, r.Text, fmt.Sprint(i+11))
	}
}

func TestASentenceGoesOnOverThePage(t *testing.T) {
	r := one(t, typeset(1, filler, "and this sentence goes on"), typeset(2, "over the page", "", "New."))
	require.Contains(t, r.Text, "goes on\nover the page\n\nNew.")
	require.Equal(t, "over", r.Text[r.Pages[1].Start:][:4])
}

func TestOutline(t *testing.T) {
	p := typeset(1, "1.2 Setting", "things up", filler, "", "!Not a heading here", filler)
	r, err := assemble("", "", []page{p}, []mark{{"Setting things up", 1, 2}})
	require.NoError(t, err)
	require.Equal(t, "## 1.2 Setting things up\n\n"+filler+"\n\nNot a heading here\n"+filler+"\n", r.Text)
}

func TestContentsAreLeftOut(t *testing.T) {
	lines := []string{filler}
	for i := range 6 {
		lines = append(lines, fmt.Sprintf("Chapter of things . . . . . . . . %d", i))
	}
	require.Equal(t, filler+"\n", one(t, typeset(1, lines...)).Text)
}

func TestTitlesThatProgramsMakeUp(t *testing.T) {
	for s, want := range map[string]string{"Price list": "Price list", "Microsoft Word - Prices": "Prices", "Microsoft Word - a.doc": "", "untitled": "", "x.indd": "", "  ": "", "12-34": "", "A": "", "Version 1.2": "Version 1.2"} {
		require.Equal(t, want, saneTitle(s), s)
	}
}

func TestPagesWithoutText(t *testing.T) {
	for want, p := range map[error]page{ErrScanned: {number: 1, images: true}, ErrEmpty: {number: 1}, ErrUnmapped: {number: 1, letter: 3, broken: 9}} {
		_, err := assemble("", "", []page{p}, nil)
		require.ErrorIs(t, err, want)
	}
}

func TestReadingOrder(t *testing.T) {
	for s, want := range map[string]string{
		"left to right":            "left to right",
		"?כולם שלום":               "שלום כולם?",
		"Office 365 לקנות אפשר":    "אפשר לקנות 365 Office",
		"Visual C לקנות אפשר":      "אפשר לקנות Visual C",
		"one word of שלום in many": "one word of שלום in many",
	} {
		require.Equal(t, want, readingOrder(s))
	}
}

func FuzzAssemble(f *testing.F) {
	f.Add("#Title\ntext ~\nmore\f$a\n$ b\f• x\n!B\ny")
	f.Add("a\f\f1\n\f2")
	f.Fuzz(func(t *testing.T, s string) {
		var pages []page
		for i, text := range strings.Split(s, "\f") {
			pages = append(pages, typeset(i+1, strings.Split(text, "\n")...))
		}
		r, err := assemble(s, "", pages, []mark{{s, 1, 9}, {"Title", 1, 1}})
		if err != nil {
			return
		}
		require.True(t, utf8.ValidString(r.Text))
		for i, p := range r.Pages {
			require.Less(t, p.Start, len(r.Text))
			require.True(t, utf8.RuneStart(r.Text[p.Start]))
			require.True(t, i == 0 && p.Start == 0 || i > 0 && p.Start > r.Pages[i-1].Start && p.Number > r.Pages[i-1].Number)
		}
	})
}
