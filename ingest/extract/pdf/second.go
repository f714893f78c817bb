package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"

	led "github.com/ledongthuc/pdf"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

// ReadSecond reads a PDF with an engine that is easier on damaged files and
// knows nothing of layout. It may panic, hang or take any amount of memory.
func ReadSecond(data []byte) (reading.Result, error) {
	r, err := led.NewReader(bytes.NewReader(data), int64(len(data)))
	if errors.Is(err, led.ErrInvalidPassword) {
		return reading.Result{}, ErrPassword
	}
	if err != nil {
		return reading.Result{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var pages []page
	for i := 1; i <= min(r.NumPage(), 20_000); i++ {
		pages = append(pages, secondPage(r.Page(i), i))
	}
	if len(pages) == 0 {
		return reading.Result{}, fmt.Errorf("%w: no pages", ErrDamaged)
	}
	return assemble(r.Trailer().Key("Info").Key("Title").Text(), "", pages, nil)
}

func secondPage(p led.Page, number int) page {
	out := page{number: number}
	if p.V.IsNull() {
		return out
	}
	text := walk(p)
	if strings.TrimSpace(text) == "" {
		plain, err := p.GetPlainText(nil)
		if err != nil {
			return out
		}
		text = plain
	}
	for s := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(s) == "" {
			continue
		}
		out.lines = append(out.lines, line{text: s})
		for _, c := range s {
			if unicode.IsLetter(c) || unicode.IsDigit(c) {
				out.letter++
			}
		}
	}
	return out
}

// gap is the shift, in thousandths of the type size, from which on it stands
// for a space.
const gap = -180

// walk follows the operators that show text, and takes shifts inside a line for
// the spaces that typesetting programs leave out.
func walk(p led.Page) string {
	var b strings.Builder
	var enc led.TextEncoding
	fonts := map[string]led.TextEncoding{}
	for _, name := range p.Fonts() {
		f := p.Font(name)
		fonts[name] = f.Encoder()
	}
	show := func(s string) {
		if enc != nil {
			s = enc.Decode(s)
		}
		b.WriteString(s)
	}
	contents := p.V.Key("Contents")
	streams := []led.Value{contents}
	if contents.Kind() == led.Array {
		streams = streams[:0]
		for i := range contents.Len() {
			streams = append(streams, contents.Index(i))
		}
	}
	for _, s := range streams {
		led.Interpret(s, func(stk *led.Stack, op string) {
			args := make([]led.Value, stk.Len())
			for i := len(args) - 1; i >= 0; i-- {
				args[i] = stk.Pop()
			}
			operator(&b, op, args, show, func(name string) { enc = fonts[name] })
		})
	}
	return b.String()
}

func operator(b *strings.Builder, op string, args []led.Value, show func(string), font func(string)) {
	switch {
	case op == "Tf" && len(args) == 2:
		font(args[0].Name())
	case (op == "Td" || op == "TD") && len(args) == 2:
		if args[1].Float64() != 0 {
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
	case op == "T*", op == "Tm", op == "ET":
		b.WriteByte('\n')
	case op == "Tj" && len(args) == 1:
		show(args[0].RawString())
	case (op == "'" || op == "\"") && len(args) > 0:
		b.WriteByte('\n')
		show(args[len(args)-1].RawString())
	case op == "TJ" && len(args) == 1:
		for i := range args[0].Len() {
			if v := args[0].Index(i); v.Kind() == led.String {
				show(v.RawString())
			} else if v.Float64() < gap {
				b.WriteByte(' ')
			}
		}
	}
}
