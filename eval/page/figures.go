package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/eval/metric"
)

// Reliability draws what scores promise against what came of it.
func Reliability(c metric.Calibration, promise, kept string) Figure {
	p := newPlot(unit(promise), unit(""))
	p.rule("guide", p.px(0), p.py(0), p.px(1), p.py(1))
	for _, b := range c.Bins {
		p.box("chance", p.px(b.Score)-5, p.py(b.Low), p.px(b.Score)+5, p.py(b.High))
	}
	for _, b := range c.Bins {
		p.dot("one", p.px(b.Score), p.py(b.Share))
	}
	return p.figure("Reliability: "+kept, fmt.Sprintf("Reliability diagram of %d groups, calibration error %.3f", len(c.Bins), c.ECE.Value),
		Key{"one", "a tenth of the scores"}, Key{"chance", "where 95 % of them would be, were the score a probability"})
}

// Series are values with a name.
type Series struct {
	Name   string
	Values []float64
}

// Histogram draws how often each score from 0 to 1 occurs in two series, the one
// upwards and the other downwards.
func Histogram(up, down Series, score string) Figure {
	const bins = 20
	count := func(values []float64) []float64 {
		n := make([]float64, bins)
		for _, v := range values {
			n[min(bins-1, max(0, int(v*bins)))]++
		}
		return n
	}
	above, below := count(up.Values), count(down.Values)
	y := upTo(max(slices.Max(above), slices.Max(below), 1), "").mirrored()
	p := newPlot(unit(score), y)
	for i := range bins {
		from, to := p.px(float64(i)/bins)+1, p.px(float64(i+1)/bins)-1
		p.box("one", from, p.py(0), to, p.py(above[i]))
		p.box("two", from, p.py(0), to, p.py(-below[i]))
	}
	p.rule("axis", left, p.py(0), width-right, p.py(0))
	caption := fmt.Sprintf("How many have which %s", score)
	return p.figure(caption, fmt.Sprintf("%s: %d %s and %d %s", caption, len(up.Values), up.Name, len(down.Values), down.Name),
		Key{"one", fmt.Sprintf("%s (%d)", up.Name, len(up.Values))}, Key{"two", fmt.Sprintf("%s (%d)", down.Name, len(down.Values))})
}

// Latency draws how long each of some calls took, in milliseconds.
func Latency(times []float64) Figure {
	const bins = 30
	sorted := slices.Sorted(slices.Values(times))
	half, most := metric.Quantile(sorted, .5), metric.Quantile(sorted, .99)
	x := upTo(most*1.1, "ms")
	count := make([]float64, bins)
	for _, t := range sorted {
		count[min(bins-1, int(x.share(t)*bins))]++
	}
	p := newPlot(x, upTo(slices.Max(count), ""))
	for i, n := range count {
		at := func(i int) float64 { return p.px(x.high * float64(i) / bins) }
		p.box("one", at(i)+1, p.py(0), at(i+1)-1, p.py(n))
	}
	for _, mark := range []struct {
		name string
		at   float64
	}{{"p50", half}, {"p99", most}} {
		p.rule("guide", p.px(mark.at), top, p.px(mark.at), height-bottom)
		p.text("start", min(p.px(mark.at)+4, width-right-30), top+10, mark.name)
	}
	return p.figure(fmt.Sprintf("Time of a search: p50 %.1f ms, p99 %.1f ms", half, most), fmt.Sprintf("Histogram of %d times", len(times)),
		Key{"one", "searches; the slowest stand in the last bar"})
}

// Step is a point of a curve.
type Step struct{ X, Y metric.Rate }

// Curve draws shares against shares, each with its interval. The first is named.
func Curve(steps []Step, x, y, first string) Figure {
	p := newPlot(unit(x), unit(""))
	var line []string
	for _, s := range steps {
		line = append(line, fmt.Sprintf("%.1f,%.1f", p.px(s.X.Share), p.py(s.Y.Share)))
		p.rule("bar", p.px(s.X.Share), p.py(s.Y.Low), p.px(s.X.Share), p.py(s.Y.High))
	}
	fmt.Fprintf(p, `<polyline class="line" points="%s"/>`, strings.Join(line, " "))
	for i, s := range steps {
		p.dot("one", p.px(s.X.Share), p.py(s.Y.Share))
		if i == 0 {
			p.text("middle", min(p.px(s.X.Share), width-right-35), p.py(s.Y.High)-8, first)
		}
	}
	return p.figure(y, fmt.Sprintf("Curve of %d points: %s by %s", len(steps), y, x), Key{"one", "a threshold, with its interval"})
}

// Row is a line of a Forest.
type Row struct {
	Label string
	metric.Estimate
}

// Forest draws figures with their intervals below each other. Gains are drawn
// about 0.
func Forest(rows []Row, title string, gains bool) Figure {
	const (
		names = 150 // room for labels
		line  = 30
	)
	low, high := 1.0, 0.0
	for _, r := range rows {
		low, high = min(low, r.Low, r.Value), max(high, r.High, r.Value)
	}
	x := tenths(low, high)
	if gains {
		x = upTo(max(.05, -low, high), "").mirrored()
		x.format = func(v float64) string { return fmt.Sprintf("%+.3g", v) }
	}
	at := func(v float64) float64 { return names + x.share(v)*(width-names-right-6) }
	p := &plot{}
	end := float64(line * len(rows))
	for i, t := range x.ticks {
		p.rule("grid", at(t), 0, at(t), end)
		if len(x.ticks) <= 6 || (i-len(x.ticks)/2)%2 == 0 {
			p.text("middle", at(t), end+16, x.format(t))
		}
	}
	if gains {
		p.rule("axis", at(0), 0, at(0), end)
	}
	for i, r := range rows {
		y := float64(i*line) + line/2
		p.text("start", 0, y+4, r.Label)
		p.rule("bar", at(r.Low), y, at(r.High), y)
		p.dot("one", at(r.Value), y)
	}
	return figure(title, fmt.Sprintf("%d figures with intervals: %s", len(rows), title), end+24, p.String(), nil)
}
