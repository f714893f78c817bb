package pdf

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

// layout turns the lines of pages into paragraphs and headings, by what is
// common in the whole document.
type layout struct {
	body    float64         // height of the lines that most text stands in
	sizes   []float64       // heights of headings, largest first
	marks   map[int][]mark  // outline by page
	running map[string]int  // pages on which a line stands in the same place
	shown   map[string]bool // running lines that were shown once
	words   map[string]bool // words of the document, in lower case
}

func newLayout(pages []page, outline []mark) *layout {
	l := &layout{marks: map[int][]mark{}, running: map[string]int{}, shown: map[string]bool{}, words: map[string]bool{}}
	weight := map[float64]int{}
	for _, p := range pages {
		keys := map[string]bool{}
		for i, ln := range p.lines {
			weight[round(ln.height())] += utf8.RuneCountInString(ln.text)
			if edge(i, len(p.lines)) {
				keys[runningKey(ln)] = true
			}
			words := strings.Fields(ln.text)
			if ln.joins && len(words) > 0 {
				words = words[:len(words)-1]
			}
			for _, w := range words {
				l.words[strings.ToLower(strings.TrimFunc(w, func(c rune) bool { return !unicode.IsLetter(c) }))] = true
			}
		}
		for key := range keys {
			l.running[key]++
		}
	}
	most := 0
	for h, n := range weight {
		if n > most || n == most && h < l.body {
			l.body, most = h, n
		}
	}
	l.findSizes(pages)
	for _, m := range outline {
		l.marks[m.page] = append(l.marks[m.page], m)
	}
	if !l.matches(pages, outline) {
		l.marks = nil
	}
	return l
}

// round makes heights comparable that differ by a rounding error.
func round(h float64) float64 { return math.Round(h*2) / 2 }

// edge reports whether line i of n stands where running titles do.
func edge(i, n int) bool { return i < 2 || i >= n-2 }

var (
	pageNumber = regexp.MustCompile(`^(?i:page|seite|p\.)?[\s|–-]*(?:[0-9]+|[ivxlc]+)(?:\s*(?i:/|of|von)\s*[0-9]+)?[\s|–-]*$`)
	outerDigit = regexp.MustCompile(`^[0-9ivxlc]+[\s|–.-]+|[\s|–.-]+[0-9ivxlc]+$`)
)

// minRunning is how many letters a running title has. Less may be a table.
const minRunning = 8

// runningKey is the same for running titles of several pages: a page number
// before or after them does not count.
func runningKey(ln line) string {
	text := strings.TrimSpace(ln.text)
	if pageNumber.MatchString(text) {
		return "#"
	}
	text = outerDigit.ReplaceAllString(text, "")
	if letters(text) < minRunning {
		return ""
	}
	return text + "@" + strconv.Itoa(int(ln.bottom/3))
}

// repeats reports whether a line at a page's edge stands on other pages too.
// Its first appearance is kept, a mere page number is not.
func (l *layout) repeats(ln line) bool {
	key := runningKey(ln)
	if key == "" || l.running[key] < 3 {
		return false
	}
	first := !l.shown[key]
	l.shown[key] = true
	return !first || key == "#"
}

const (
	maxHeading = 160 // bytes
	minLetters = 4   // less is a piece of a formula
)

func letters(s string) int {
	n := 0
	for _, c := range s {
		if unicode.IsLetter(c) {
			n++
		}
	}
	return n
}

// findSizes collects the heights of short lines that stand above the body's.
func (l *layout) findSizes(pages []page) {
	count := map[float64]int{}
	for _, p := range pages {
		for _, ln := range p.lines {
			if h := round(ln.height()); h > l.body*1.12 && len(ln.text) <= maxHeading && letters(ln.text) >= minLetters {
				count[h]++
			}
		}
	}
	for h := range count {
		l.sizes = append(l.sizes, h)
	}
	slices.Sort(l.sizes)
	slices.Reverse(l.sizes)
	merged := l.sizes[:0]
	for _, h := range l.sizes { // heights of one style differ a little by font
		if n := len(merged); n == 0 || h < merged[n-1]*0.94 {
			merged = append(merged, h)
		}
	}
	l.sizes = merged[:min(len(merged), 5)]
}

// matches reports whether most of the outline's titles are found on their pages.
func (l *layout) matches(pages []page, outline []mark) bool {
	found := 0
	for _, p := range pages {
		for i := range p.lines {
			if n, _ := l.marked(p, i); n > 0 {
				found++
			}
		}
	}
	return len(outline) > 0 && found*2 >= len(outline)
}

var numbering = regexp.MustCompile(`^(?i:(chapter|section|part|appendix|kapitel|abschnitt)\s+)?[0-9A-Z]{0,3}(\.?[0-9]+)*[.):]?\s+`)

func headKey(s string) string {
	s = norm.NFKC.String(s)
	s = strings.Join(strings.Fields(s), " ")
	if t := numbering.ReplaceAllString(s, ""); t != "" {
		s = t
	}
	return strings.ToLower(strings.ReplaceAll(s, " ", ""))
}

// marked reports how many lines from i on are a title of the outline, and its level.
func (l *layout) marked(p page, i int) (lines, level int) {
	for _, m := range l.marks[p.number] {
		want := headKey(m.title)
		text := ""
		for n := 0; n < 3 && i+n < len(p.lines); n++ {
			text += " " + p.lines[i+n].text
			if got := headKey(text); got == want && want != "" {
				return n + 1, m.level
			} else if len(got) > len(want) {
				break
			}
		}
	}
	return 0, 0
}

// heading reports whether line i is a heading, and of which level.
func (l *layout) heading(p page, i int) (lines, level int) {
	if l.marks != nil {
		return l.marked(p, i)
	}
	ln := p.lines[i]
	text := strings.TrimSpace(ln.text)
	if len(text) > maxHeading || letters(text) < minLetters || ln.mono {
		return 0, 0
	}
	for k, h := range l.sizes {
		if ln.height() >= h*0.97 {
			n := 1
			for n < 3 && i+n < len(p.lines) && math.Abs(p.lines[i+n].height()-ln.height()) < 0.3 && p.lines[i+n-1].bottom-p.lines[i+n].bottom < 1.6*ln.height() {
				n++
			}
			if n == 3 {
				return 0, 0 // a paragraph in large type
			}
			return n, k + 1
		}
	}
	if ln.bold && l.stands(p, i) {
		return 1, min(len(l.sizes)+1, 6)
	}
	return 0, 0
}

// stands reports whether a bold line of the body's size stands for itself, as a
// heading does.
func (l *layout) stands(p page, i int) bool {
	ln := p.lines[i]
	text := strings.TrimSpace(ln.text)
	first, _ := utf8.DecodeRuneInString(text)
	if len(text) > 90 || !(unicode.IsUpper(first) || unicode.IsDigit(first)) || strings.ContainsAny(text[len(text)-1:], ".,;:") || ln.height() < l.body*0.9 {
		return false
	}
	if i+1 >= len(p.lines) || p.lines[i+1].bold || len(strings.TrimSpace(p.lines[i+1].text)) < 30 {
		return false // above short lines it is the head of a table
	}
	return i == 0 || p.lines[i-1].bottom-ln.bottom > 1.25*ln.height() || p.lines[i-1].bottom < ln.bottom
}

var bulletMark = regexp.MustCompile(`^[•◦▪●■‣∙·\x{F0B7}\x{2013}\x{2014}-]\s+`)

// leader is a line of a table of contents.
var leader = regexp.MustCompile(`(?:\. ?){4,}\s*[0-9ivxlc]+$`)

// content is a page without running titles, its number, and tables of contents.
func (l *layout) content(p page) page {
	leaders := 0
	for _, ln := range p.lines {
		if leader.MatchString(strings.TrimSpace(ln.text)) {
			leaders++
		}
	}
	kept := p
	kept.lines = nil
	number := strconv.Itoa(p.number)
	for i, ln := range p.lines {
		text := strings.TrimSpace(ln.text)
		switch {
		case edge(i, len(p.lines)) && (l.repeats(ln) || text == number):
		case leaders >= 5 && leader.MatchString(text):
		default:
			kept.lines = append(kept.lines, ln)
		}
	}
	return kept
}

// page writes a page as Markdown.
func (l *layout) page(p page) string {
	kept := l.content(p)
	var b strings.Builder
	for i := 0; i < len(kept.lines); {
		if n, level := l.heading(kept, i); n > 0 {
			var words []string
			for _, ln := range kept.lines[i : i+n] {
				words = append(words, strings.Fields(normal(ln.text))...)
			}
			b.WriteString("\n\n" + strings.Repeat("#", min(level, 6)) + " " + strings.Join(words, " ") + "\n\n")
			i += n
			continue
		}
		if n := monoRun(kept.lines[i:]); n > 1 {
			b.WriteString("\n\n" + code(kept.lines[i:i+n]) + "\n\n")
			i += n
			continue
		}
		l.write(&b, kept, i)
		i++
	}
	return b.String()
}

func monoRun(lines []line) int {
	n := 0
	for n < len(lines) && lines[n].mono {
		n++
	}
	return n
}

// code writes lines of one width of character with their indentation.
func code(lines []line) string {
	left, width := lines[0].left, 0.0
	for _, ln := range lines {
		left = min(left, ln.left)
		if n := utf8.RuneCountInString(strings.TrimSpace(ln.text)); n > 0 {
			width = max(width, (ln.right-ln.left)/float64(n))
		}
	}
	var out []string
	for _, ln := range lines {
		indent := 0
		if width > 0 {
			indent = min(max(int((ln.left-left)/width+0.5), 0), 40)
		}
		text := strings.TrimSpace(normal(ln.text))
		if ln.joins {
			text += "-"
		}
		out = append(out, strings.Repeat(" ", indent)+text)
	}
	return reading.Code("", strings.Join(out, "\n"))
}

// write adds a line of a paragraph with what separates it from the line before.
func (l *layout) write(b *strings.Builder, p page, i int) {
	ln := p.lines[i]
	text := strings.TrimSpace(normal(ln.text))
	if m := bulletMark.FindString(text); m != "" {
		text = "\n- " + text[len(m):]
	}
	b.WriteString(text)
	if i+1 >= len(p.lines) {
		if ln.joins {
			b.WriteByte('-')
		}
		return
	}
	next := p.lines[i+1]
	switch {
	case ln.joins:
		b.WriteString(l.hyphen(text, next.text))
	case paragraph(ln, next):
		b.WriteString("\n\n")
	case ln.right < columnRight(p, i)-0.15*(columnRight(p, i)-ln.left):
		b.WriteString("\n")
	default:
		b.WriteString(" ")
	}
}

// paragraph reports whether next begins one.
func paragraph(ln, next line) bool {
	step := ln.bottom - next.bottom
	size := math.Abs(ln.height()-next.height()) > 0.12*max(ln.height(), next.height())
	return size || step > 1.45*ln.height() || (step < -ln.height() && strings.HasSuffix(strings.TrimSpace(ln.text), "."))
}

// columnRight is how far the lines around line i go that stand above or below it.
func columnRight(p page, i int) float64 {
	ln := p.lines[i]
	right := ln.right
	for _, other := range p.lines[max(i-8, 0):min(i+9, len(p.lines))] {
		if other.left < ln.right && other.right > ln.left && other.height() < 1.3*ln.height() {
			right = max(right, other.right)
		}
	}
	return right
}

// hyphen decides whether a hyphen at a line's end belongs to the word: it does
// where the document has the word with it, or only the parts of it as words.
func (l *layout) hyphen(before, after string) string {
	head := before[strings.LastIndexAny(before, " \n(")+1:]
	tail, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	head, tail = strings.ToLower(head), strings.ToLower(strings.TrimFunc(tail, func(c rune) bool { return !unicode.IsLetter(c) && c != '-' }))
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(after))
	switch {
	case l.words[head+tail]:
		return ""
	case l.words[head+"-"+tail], !unicode.IsLower(first), strings.Contains(head, "-"):
		return "-"
	case l.words[head] && l.words[tail] && len(head) > 3 && len(tail) > 3:
		return "-"
	}
	return ""
}

// normal gives a line's words in reading order, and resolves ligatures and
// characters of double or half width. Others that
// NFKC would change, such as ² and ½, mean something.
func normal(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c >= 0xFB00 && c <= 0xFDFF, c >= 0xFE70 && c <= 0xFEFE, c >= 0xFF00 && c <= 0xFFEF, c >= 0x2E80 && c <= 0x2FDF, c >= 0x1D400 && c <= 0x1D7FF:
			b.WriteString(norm.NFKC.String(string(c)))
		default:
			b.WriteRune(c)
		}
	}
	return readingOrder(norm.NFC.String(b.String()))
}
