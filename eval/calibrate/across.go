package calibrate

import (
	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// Base is a knowledge base with what was observed of it.
type Base struct {
	Name     string
	Observed []Observation
}

// Row tells how far a curve is from probabilities, by where it came from: the
// default, learned from all the other knowledge bases, or learned from the base
// itself and judged on questions held out.
type Row struct {
	Base    string             `json:"kb"` // AllBases for all questions together
	Default metric.Calibration `json:"default"`
	Others  metric.Calibration `json:"others"`
	Own     metric.Calibration `json:"own"`
	AUROC   metric.Estimate    `json:"auroc"` // of the evidence
}

// AllBases is the name of the row of all knowledge bases.
const AllBases = "all"

// Across is how calibration carries from some knowledge bases to another.
type Across struct {
	Passage []Row `json:"passage"` // the first passage of each search: one row a base, then all
	Answer  []Row `json:"answer"`
}

// neutral is where learning from others starts: even chances at half the
// evidence, not the default, which may have been made from the base left out.
var neutral = kb.Sigmoid{Slope: 5, Bias: -2.5}

// LeaveOut leaves each base out of what its curves are learned from. Evidence is
// taken as it was measured, on whatever scale.
func LeaveOut(bases []Base, seed uint64) Across {
	var out Across
	out.Passage = leaveOut(bases, seed, func(o Observation) (point, kb.Sigmoid, bool) {
		if o.Together || len(o.Passages) == 0 {
			return point{}, kb.Sigmoid{}, false
		}
		p := o.Passages[0]
		return point{p.Evidence, p.Right}, rank.Default(p.Scale).Passage, true
	})
	out.Answer = leaveOut(bases, seed, func(o Observation) (point, kb.Sigmoid, bool) {
		best := o.best()
		return point{best.Evidence, o.Answerable}, rank.Default(best.Scale).Answer, true
	})
	return out
}

// predicted is what each curve says of the same points.
type predicted struct {
	usual, others, own, evidence []float64
	hits                         []bool
}

func (p *predicted) add(q predicted) {
	p.usual, p.others, p.own = append(p.usual, q.usual...), append(p.others, q.others...), append(p.own, q.own...)
	p.evidence, p.hits = append(p.evidence, q.evidence...), append(p.hits, q.hits...)
}

func (p predicted) row(name string, boot metric.Bootstrap) Row {
	return Row{
		Base: name, AUROC: boot.AUROC(metric.Split(p.evidence, p.hits)),
		Default: boot.Calibration(p.usual, p.hits), Others: boot.Calibration(p.others, p.hits), Own: boot.Calibration(p.own, p.hits),
	}
}

func leaveOut(bases []Base, seed uint64, read func(Observation) (point, kb.Sigmoid, bool)) []Row {
	boot := metric.Bootstrap{Seed: seed}
	all := make([][]point, len(bases))
	each := make([]predicted, len(bases))
	for i, b := range bases {
		for _, o := range b.Observed {
			if p, usual, ok := read(o); ok {
				all[i] = append(all[i], p)
				each[i].usual = append(each[i].usual, usual.At(p.x))
			}
		}
	}
	var rows []Row
	var together predicted
	for i, b := range bases {
		var others []point
		for j, points := range all {
			if j != i {
				others = append(others, points...)
			}
		}
		p := each[i]
		p.evidence, p.hits = split(all[i])
		p.others = at(sigmoid(others, neutral), p.evidence)
		p.own = heldOut(all[i], neutral, seed)
		rows = append(rows, p.row(b.Name, boot))
		together.add(p)
	}
	return append(rows, together.row(AllBases, boot))
}
