package rank

import "github.com/askdesk/askdesk/kb"

// The features of a candidate, in the order in which they are explained.
const (
	featLexical = iota
	featCoverage
	featWindow
	featHeading
	featPhrases
	featIdentifiers
	featExcluded
	featDense
	featSentence
	featAsked
	featCount
)

// values holds a candidate's features, each 0..1 once scaled.
type values [featCount]float64

// Excluded is the name of the feature that takes away: its weight is that of the
// headings, below 0.
const Excluded = "excluded"

// featureNames are the names by which features are explained and weighed.
var featureNames = []string{
	// BM25 as a share of the best candidate's: rare words, often, in a short text.
	featLexical: "lexical",
	// How much of the question the passage speaks of at all: BM25 lets one word,
	// often repeated, outdo all the others.
	featCoverage: "coverage",
	// The same within two sentences and their heading: words far apart seldom
	// belong together.
	featWindow: "window",
	// In the title or a heading, where writers say what a passage is about. Of all
	// it is missed most when left out.
	featHeading: "heading",
	// Words that stand side by side as in the question: "disk image", not any disk
	// and any image.
	featPhrases: "phrases",
	// Error codes, options and versions, letter for letter: nobody types them by
	// chance. Small, because their rarity makes them count in all the others too.
	featIdentifiers: "identifiers",
	// What the question is not about, in the title or a heading.
	featExcluded: Excluded,
	// Cosine, from the farthest to the nearest candidate.
	featDense: "dense",
	// The same of its best sentence, for what one vector of a whole chunk blurs.
	featSentence: "sentence",
	// The cosine of a title or heading that is a question itself, as in an FAQ:
	// what was asked before, in other words.
	featAsked: "asked",
}

// scale brings BM25 and cosine, whose ranges depend on the question and on the
// embedder, to 0..1 among the candidates. The other features are shares already.
func (v *values) scale(low, high values) {
	v[featLexical] = between(v[featLexical], 0, high[featLexical])
	v[featDense] = between(v[featDense], low[featDense], high[featDense])
	v[featSentence] = between(v[featSentence], low[featSentence], high[featSentence])
}

func between(v, low, high float64) float64 {
	if high <= low {
		return 0
	}
	return (v - low) / (high - low)
}

// explain says what each feature adds; dense is the factor on those of meaning.
func (v *values) explain(weights *[featCount]float64, dense float64) []kb.Feature {
	list := make([]kb.Feature, featCount)
	for f, name := range featureNames {
		weight := weights[f]
		if f >= featDense {
			weight *= dense
		}
		list[f] = kb.Feature{Name: name, Value: v[f]}
		if v[f] != 0 { // else a weight below 0 makes -0 of it
			list[f].Contribution = weight * v[f]
		}
	}
	return list
}
