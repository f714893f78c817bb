package page

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
)

// The plane of a drawing, in its own units. It is narrow, so that its text can
// still be read on a phone.
const (
	width, height = 420, 280
	left, right   = 44, 14 // margins
	top, bottom   = 12, 44
)

// axis maps values from low to high.
type axis struct {
	low, high float64
	title     string
	ticks     []float64
	format    func(tick float64) string
}

// unit is the axis of a share.
func unit(title string) axis {
	a := tenths(0, 1)
	a.title, a.ticks = title, []float64{0, .2, .4, .6, .8, 1}
	return a
}

// tenths is the axis of shares from low to high, widened to tenths.
func tenths(low, high float64) axis {
	from, to := int(math.Floor(low*10+1e-9)), int(math.Ceil(high*10-1e-9))
	to = max(to, from+1)
	a := axis{low: float64(from) / 10, high: float64(to) / 10, format: func(v float64) string { return fmt.Sprintf("%.1f", v) }}
	for t := from; t <= to; t++ {
		a.ticks = append(a.ticks, float64(t)/10)
	}
	return a
}

// upTo is an axis from 0 to at least most, with round ticks.
func upTo(most float64, title string) axis {
	step := math.Pow(10, math.Floor(math.Log10(max(most, 1e-9))))
	for _, f := range []float64{.1, .2, .25, .5, 1, 2} {
		if most/(f*step) <= 6 {
			step *= f
			break
		}
	}
	n := math.Ceil(most/step - 1e-9)
	a := axis{high: step * n, title: title, format: func(v float64) string { return fmt.Sprintf("%.3g", v) }}
	for i := range int(n) + 1 {
		a.ticks = append(a.ticks, step*float64(i))
	}
	return a
}

// mirrored is the axis from -high to high; ticks below 0 count as those above.
func (a axis) mirrored() axis {
	format := a.format
	a.format = func(v float64) string { return format(math.Abs(v)) }
	for _, t := range slices.Clone(a.ticks[1:]) {
		a.ticks = slices.Insert(a.ticks, 0, -t)
	}
	a.low = -a.high
	return a
}

func (a axis) share(v float64) float64 {
	return min(1, max(0, (v-a.low)/max(a.high-a.low, 1e-12)))
}

// plot is a drawing under way.
type plot struct {
	strings.Builder
	x, y axis
}

// newPlot draws the axes.
func newPlot(x, y axis) *plot {
	p := &plot{x: x, y: y}
	for _, t := range y.ticks {
		p.rule("grid", left, p.py(t), width-right, p.py(t))
		p.text("end", left-6, p.py(t)+4, y.format(t))
	}
	for _, t := range x.ticks {
		p.rule("axis", p.px(t), height-bottom, p.px(t), height-bottom+4)
		p.text("middle", p.px(t), height-bottom+18, x.format(t))
	}
	p.rule("axis", left, height-bottom, width-right, height-bottom)
	p.text("middle", (left+width-right)/2, height-6, x.title)
	return p
}

func (p *plot) px(v float64) float64 { return left + p.x.share(v)*(width-left-right) }
func (p *plot) py(v float64) float64 { return height - bottom - p.y.share(v)*(height-top-bottom) }

func (p *plot) rule(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(p, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, class, x1, y1, x2, y2)
}

func (p *plot) text(anchor string, x, y float64, s string) {
	fmt.Fprintf(p, `<text text-anchor="%s" x="%.1f" y="%.1f">%s</text>`, anchor, x, y, html.EscapeString(s))
}

func (p *plot) dot(class string, x, y float64) {
	fmt.Fprintf(p, `<circle class="%s" cx="%.1f" cy="%.1f" r="4.5"/>`, class, x, y)
}

// box spans two corners, in whatever order.
func (p *plot) box(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(p, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, class, min(x1, x2), min(y1, y2), math.Abs(x2-x1), math.Abs(y2-y1))
}

// figure closes the drawing. what tells those who cannot see it what it shows.
func (p *plot) figure(caption, what string, key ...Key) Figure {
	return figure(caption, what, height, p.String(), key)
}

func figure(caption, what string, high float64, body string, key []Key) Figure {
	svg := fmt.Sprintf(`<svg viewBox="0 0 %d %.0f" role="img" aria-label="%s">%s</svg>`, width, high, html.EscapeString(what), body)
	return Figure{Caption: caption, Key: key, SVG: template.HTML(svg)} //nolint:gosec // every text in it is escaped above
}
