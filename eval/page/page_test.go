package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/eval/metric"
)

// shapes parses a drawing and counts its elements by class.
func shapes(t *testing.T, f Figure) map[string]int {
	t.Helper()
	count := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(string(f.SVG)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count
		}
		require.NoError(t, err)
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		class := ""
		for _, a := range e.Attr {
			require.NotContains(t, a.Value, "NaN")
			require.NotContains(t, a.Value, "Inf")
			if a.Name.Local == "class" {
				class = "." + a.Value
			}
		}
		count[e.Name.Local+class]++
	}
}

func TestReliability(t *testing.T) {
	bins := []metric.Bin{{Count: 5, Score: .2, Share: .4, Interval: metric.Interval{High: .5}}, {Count: 5, Score: .8, Share: .7}}
	n := shapes(t, Reliability(metric.Calibration{Bins: bins}, "relevance", "share"))
	require.Equal(t, 2, n["circle.one"])
	require.Equal(t, 2, n["rect.chance"])
	require.Equal(t, 1, n["line.guide"], "the diagonal")
	require.Zero(t, shapes(t, Reliability(metric.Calibration{}, "", ""))["circle.one"])
}

func TestHistogramHasEveryValue(t *testing.T) {
	f := Histogram(Series{"right", []float64{0, .02, .5, 1}}, Series{"wrong", nil}, "relevance")
	n := shapes(t, f)
	require.Equal(t, 20, n["rect.one"])
	require.Contains(t, string(f.SVG), ">2</text>", "the highest bar is two")
	require.NotContains(t, string(f.SVG), ">-", "counts are never below 0")
	require.Equal(t, "right (4)", f.Key[0].Text)
}

func TestLatency(t *testing.T) {
	f := Latency([]float64{1, 2, 3, 4, 1000})
	require.Equal(t, 2, shapes(t, f)["line.guide"])
	require.Contains(t, f.Caption, "p50 3.0 ms")
	shapes(t, Latency([]float64{0, 0}))
}

func TestCurve(t *testing.T) {
	f := Curve([]Step{{X: metric.Rate{Share: .8}, Y: metric.Rate{Share: .4}}, {X: metric.Rate{Share: .2}}}, "answered", "wrong", "as served")
	n := shapes(t, f)
	require.Equal(t, 2, n["circle.one"])
	require.Equal(t, 1, n["polyline.line"])
	require.Equal(t, 1, strings.Count(string(f.SVG), "as served"))
}

func TestForest(t *testing.T) {
	rows := []Row{{"a <b>", metric.Estimate{Value: .31, Interval: metric.Interval{Low: .25, High: .35}}}}
	f := Forest(rows, "nDCG", false)
	require.Contains(t, string(f.SVG), "a &lt;b&gt;")
	require.Contains(t, string(f.SVG), ">0.2</text>")
	require.Contains(t, string(f.SVG), ">0.4</text>")
	require.NotContains(t, string(f.SVG), ">1.0</text>", "no room is wasted")
	f = Forest(rows, "gain", true)
	require.Contains(t, string(f.SVG), ">-0.4</text>", "a gain is drawn about 0")
	require.Equal(t, 1, shapes(t, f)["line.axis"])
}

func TestAxes(t *testing.T) {
	for _, most := range []float64{1e-6, .05, .3, 1, 7, 42, 99, 100, 12345} {
		a := upTo(most, "")
		require.GreaterOrEqual(t, a.high, most*(1-1e-9))
		require.LessOrEqual(t, a.high, most*2)
		require.True(t, len(a.ticks) >= 3 && len(a.ticks) <= 7, "%v: %v", most, a.ticks)
		require.InDelta(t, a.high, a.ticks[len(a.ticks)-1], a.high*1e-9)
		m := a.mirrored()
		require.Len(t, m.ticks, 2*len(a.ticks)-1)
		require.InDelta(t, -a.high, m.ticks[0], a.high*1e-9)
	}
	require.Equal(t, []float64{.2, .3, .4}, tenths(.25, .31).ticks)
	require.Equal(t, []float64{.3, .4}, tenths(.3, .3).ticks)
	require.InDelta(t, .5, tenths(.2, .4).share(.3), 1e-9)
	require.InDelta(t, 1, tenths(0, 1).share(math.Inf(1)), 1e-9)
}

func TestWrite(t *testing.T) {
	var b bytes.Buffer
	p := Page{Title: "<script>alert(1)</script>", Warnings: []string{"look & see"}, Sections: []Section{{
		Title: "S", Figures: []Figure{Latency([]float64{1})}, Table: &Table{Head: []string{"a", "b"}, Rows: [][]string{{"<i>x</i>", "0.5 [0.4 0.6]"}}},
	}}}
	require.NoError(t, p.Write(&b))
	for _, want := range []string{"&lt;script&gt;alert(1)", "look &amp; see", "<svg viewBox", "&lt;i&gt;x", "0.5 [0.4\u00a00.6]", "prefers-color-scheme"} {
		require.Contains(t, b.String(), want)
	}
	for _, never := range []string{"<script", "http", "<link", "url("} {
		require.NotContains(t, b.String(), never, "nothing is loaded or run")
	}
	require.Error(t, p.Write(full{}))
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }
