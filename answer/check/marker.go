package check

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The parts of a citation marker: [1], [1, 2], and as models vary it 【1】,
// [[1]] and full-width or other digits.
const (
	blank     = `[\s\p{Zs}\x{200c}-\x{200f}\x{061c}]`
	opening   = `(?:[\[【［]` + blank + `{0,8}){1,3}`
	closing   = `(?:` + blank + `{0,8}[\]】］]){1,3}`
	number    = `\p{Nd}(?:[\x{200c}-\x{200f}\x{061c}]?\p{Nd}){0,3}`
	separator = blank + `{0,8}[,;，；、]` + blank + `{0,8}`
	marking   = opening + number + `(?:` + separator + number + `){0,15}` + closing
)

var (
	anyMarker  = regexp.MustCompile(`[ \t]*` + marking)
	oneMarker  = regexp.MustCompile(`^[ \t]*` + marking)
	halfMarker = regexp.MustCompile(`^[ \t]*(?:[\[【［](?:` + blank + `|[\p{Nd},;，；、\[【［]){0,24})?$`)
	numbers    = regexp.MustCompile(number)
	trailing   = regexp.MustCompile(`(?:[ \t]*\[\d+\])+$`)
	// hollow is what dropped leaves of the brackets around markers.
	hollow = regexp.MustCompile(`[ \t]*[\[【［(（]\s*` + dropped + `(?:[\s,;]*` + dropped + `)*\s*[\]】］)）]`)
)

// dropped stands for a marker that is taken out. It is in no text that came in.
const dropped = "\x00"

// canonical writes every marker of s as [n][m].
func canonical(s string) string {
	if !strings.ContainsAny(s, "[【［") {
		return s
	}
	return anyMarker.ReplaceAllStringFunc(s, func(m string) string {
		out := ""
		for _, n := range cited(m) {
			out += "[" + strconv.Itoa(n) + "]"
		}
		return around(m, out)
	})
}

// markers finds what s, in canonical form, cites, and takes markers to no passage out.
func (c *Checker) markers(s string, found *[]int) string {
	if !strings.ContainsAny(s, "[【［") {
		return s
	}
	s = anyMarker.ReplaceAllStringFunc(s, func(m string) string {
		kept := ""
		for _, n := range cited(m) {
			if n < 1 || n > len(c.passages) {
				c.Dropped++
				continue
			}
			kept += "[" + strconv.Itoa(n) + "]"
			if !slices.Contains(*found, n) {
				*found = append(*found, n)
			}
		}
		if kept == "" {
			kept = dropped
		}
		return around(m, kept)
	})
	if !strings.Contains(s, dropped) {
		return s
	}
	s = hollow.ReplaceAllString(s, dropped)
	return strings.ReplaceAll(strings.ReplaceAll(s, " "+dropped, ""), dropped, "")
}

// around is a marker's replacement with the blank before it and the brackets
// that are not its own.
func around(m, with string) string {
	opens, closes := 0, 0
	for _, r := range m {
		switch r {
		case '[', '【', '［':
			opens++
		case ']', '】', '］':
			closes++
		}
	}
	lead := ""
	if m[0] == ' ' || m[0] == '\t' {
		lead = " "
	}
	own := min(opens, closes)
	return lead + strings.Repeat("[", opens-own) + with + strings.Repeat("]", closes-own)
}

// cited are the numbers of a marker.
func cited(m string) (out []int) {
	for _, digits := range numbers.FindAllString(m, -1) {
		n := 0
		for _, r := range digits {
			if unicode.IsDigit(r) {
				n = n*10 + digit(r)
			}
		}
		out = append(out, n)
	}
	return out
}

// digit is the value of a decimal digit: every script has its ten in a row.
func digit(r rune) int {
	n := 0
	for unicode.IsDigit(r - 1 - rune(n)) {
		n++
	}
	return n % 10
}
