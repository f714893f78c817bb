package calibrate

import (
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/rank"
)

const (
	fewest     = 30 // judged questions that a fit needs,
	fewestEach = 5  // and of them, hits as well as misses
	folds      = 5  // parts that the questions are held out in
)

// Fit is what judged questions say about one scale of a knowledge base's evidence.
type Fit struct {
	Scale        string `json:"scale"`
	Questions    int    `json:"questions"`
	Unanswerable int    `json:"unanswerable"` // of them
	Passage      Curve  `json:"passage"`
	Answer       Curve  `json:"answer"`
}

// Curve is one sigmoid and how it was chosen.
type Curve struct {
	kb.Sigmoid
	// Fitted says that it was learned here. Otherwise it is the default, which was at
	// least as good on questions held out, or there was too little to learn from.
	Fitted  bool                `json:"fitted"`
	AUROC   metric.Estimate     `json:"auroc"`    // of the evidence
	Default *metric.Calibration `json:"default"`  // of the default; nil where there was too little
	HeldOut *metric.Calibration `json:"held_out"` // of what was learned, on questions held out
}

// Calibration is what the fit says evidence is worth.
func (f Fit) Calibration() kb.Calibration {
	return kb.Calibration{Passage: f.Passage.Sigmoid, Answer: f.Answer.Sigmoid}
}

// Fits fits each scale for which enough questions were judged. With too few for
// all, it is a kb.NotFound that says how many are missing.
func Fits(list []Observation, seed uint64) ([]Fit, error) {
	byScale := map[string][]Observation{}
	for _, o := range list {
		if s := o.best().Scale; s != "" { // where nothing was found, nothing is known
			byScale[s] = append(byScale[s], o)
		}
	}
	var fits []Fit
	var short error
	most := -1
	for _, scale := range slices.Sorted(maps.Keys(byScale)) {
		err := enough(byScale[scale])
		if err == nil {
			fits = append(fits, fit(scale, byScale[scale], seed))
		} else if n := len(byScale[scale]); n > most { // what is nearest to enough tells best what is missing
			short, most = err, n
		}
	}
	switch {
	case len(fits) > 0:
		return fits, nil
	case short == nil:
		short = enough(nil)
	}
	return nil, short
}

// enough reports what is missing for a fit.
func enough(list []Observation) error {
	none := 0
	for _, o := range list {
		if !o.Answerable {
			none++
		}
	}
	switch {
	case len(list) < fewest:
		return kb.Errorf(kb.NotFound, "A fit needs at least %d judged questions, and there are %d to learn from: judge more, and add them with: askdesk judged import FILE. Follow-ups do not count, nor do questions that nothing was found for, or that were searched in another way than most.", fewest, len(list))
	case none < fewestEach:
		return kb.Errorf(kb.NotFound, "A fit needs at least %d questions that the documents do not answer, and there are %d: without them nothing is known about when to hand a question off.", fewestEach, none)
	case len(list)-none < fewestEach:
		return kb.Errorf(kb.NotFound, "A fit needs at least %d questions that the documents answer, and there are %d.", fewestEach, len(list)-none)
	}
	return nil
}

func fit(scale string, list []Observation, seed uint64) Fit {
	f := Fit{Scale: scale, Questions: len(list)}
	var first, best []point
	for _, o := range list {
		if !o.Answerable {
			f.Unanswerable++
		}
		best = append(best, point{o.best().Evidence, o.Answerable})
		if !o.Together && o.Passages[0].Scale == scale {
			first = append(first, point{o.Passages[0].Evidence, o.Passages[0].Right})
		}
	}
	usual := rank.Default(scale)
	f.Passage, f.Answer = curve(first, usual.Passage, seed), curve(best, usual.Answer, seed)
	return f
}

// curve learns from points, unless the default says as much of those held out.
func curve(points []point, usual kb.Sigmoid, seed uint64) Curve {
	c := Curve{Sigmoid: usual}
	x, hits := split(points)
	boot := metric.Bootstrap{Seed: seed}
	c.AUROC = boot.AUROC(metric.Split(x, hits))
	if n := count(hits); n < fewestEach || len(hits)-n < fewestEach {
		return c
	}
	before := boot.Calibration(at(usual, x), hits)
	after := boot.Calibration(heldOut(points, usual, seed), hits)
	c.Default, c.HeldOut = &before, &after
	if after.Brier < before.Brier {
		c.Sigmoid, c.Fitted = sigmoid(points, usual), true
	}
	return c
}

// heldOut predicts each point by what was learned from the other parts.
func heldOut(points []point, usual kb.Sigmoid, seed uint64) []float64 {
	order := rand.New(rand.NewPCG(seed, uint64(len(points)))).Perm(len(points))
	out := make([]float64, len(points))
	for fold := range folds {
		var others []point
		for i, at := range order {
			if i%folds != fold {
				others = append(others, points[at])
			}
		}
		learned := sigmoid(others, usual)
		for i, at := range order {
			if i%folds == fold {
				out[at] = learned.At(points[at].x)
			}
		}
	}
	return out
}

func split(points []point) (x []float64, hits []bool) {
	for _, p := range points {
		x, hits = append(x, p.x), append(hits, p.hit)
	}
	return x, hits
}

func at(s kb.Sigmoid, x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = s.At(v)
	}
	return out
}

func count(hits []bool) (n int) {
	for _, h := range hits {
		if h {
			n++
		}
	}
	return n
}
