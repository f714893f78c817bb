package rank

import "github.com/askdesk/askdesk/kb"

// Words is the scale of evidence where nothing but words was compared. Scales name
// the formula: what was fitted to another one is worth nothing, so a change of
// evidence is a new name.
const Words = "words/1"

// Meaning is the scale of evidence where sentences were compared too, by a model.
func Meaning(model string) string { return "meaning/1 " + model }

// evidence is how much a passage holds, 0..1, of what would be enough of the
// question's words, weighed by how rare they are and names double; by a third how
// much it holds within two sentences, because words far apart seldom belong
// together. It takes no feature that depends on the other candidates, so that it
// means the same for every question. It is not a probability: see Default.
func evidence(v values, reach float64) float64 {
	coverage, window := min(1, reach*v[featCoverage]), min(1, reach*v[featWindow])
	return (2*coverage + window) / 3
}

// What meaning adds to evidence where sentences were compared: the same words may
// stand in a passage that speaks of something else.
const (
	meaning  = 0.2 // its share of the whole
	distant  = 0.2 // cosine of a best sentence that has nothing to do with the question,
	adjacent = 0.8 // and of one that says nearly the same
)

// withMeaning is evidence by words, corrected by the cosine of the best sentence.
func withMeaning(words, cosine float64) float64 {
	near := min(1, max(0, (cosine-distant)/(adjacent-distant)))
	return (1-meaning)*words + meaning*near
}

// Default is what evidence is worth in a knowledge base nobody has judged
// questions on: for a passage, the chance that it answers where it is the first.
// The numbers are rounded from 180 judged questions on three documentations, two
// of three of which could be answered; fitted to two of them they held on the
// third. Where customers ask more, or less, that the documents do not hold, only a
// fit of one's own is right.
func Default(scale string) kb.Calibration {
	if scale == Words {
		return kb.Calibration{Passage: kb.Sigmoid{Slope: 4.5, Bias: -3.5}, Answer: kb.Sigmoid{Slope: 7.5, Bias: -3.2}}
	}
	return kb.Calibration{Passage: kb.Sigmoid{Slope: 4.5, Bias: -3.2}, Answer: kb.Sigmoid{Slope: 7.5, Bias: -3}}
}
