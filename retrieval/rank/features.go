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

// features names and weighs what orders passages. The lexical weights add up to
// 1. They are round numbers, not fitted ones: halving or doubling any of them
// moves the order on judged questions by less than chance does.
var features = [featCount]struct {
	name   string
	weight float64
}{
	// BM25 as a share of the best candidate's: rare words, often, in a short text.
	featLexical: {"lexical", 0.30},
	// How much of the question the passage speaks of at all: BM25 lets one word,
	// often repeated, outdo all the others.
	featCoverage: {"coverage", 0.10},
	// The same within two sentences and their heading: words far apart seldom
	// belong together.
	featWindow: {"window", 0.15},
	// In the title or a heading, where writers say what a passage is about. Of all
	// it is missed most when left out.
	featHeading: {"heading", 0.30},
	// Words that stand side by side as in the question: "disk image", not any disk
	// and any image.
	featPhrases: {"phrases", 0.10},
	// Error codes, options and versions, letter for letter: nobody types them by
	// chance. Small, because their rarity makes them count in all the others too.
	featIdentifiers: {"identifiers", 0.05},
	// What the question is not about, in the title or a heading, takes away as much as
	// what it is about adds there.
	featExcluded: {"excluded", -0.30},
	// Cosine, from the farthest to the nearest candidate. Two thirds against 1
	// makes it 40 % of the whole, what does best beside an embedder weaker than words.
	featDense: {"dense", 0.67},
	// The same of its best sentence, for what one vector of a whole chunk blurs.
	featSentence: {"sentence", 0},
	// The cosine of a title or heading that is a question itself, as in an FAQ:
	// what was asked before, in other words.
	featAsked: {"asked", 0},
}

// withSentences is the weight of each of the last three features where sentences
// were compared: whole and best sentence share what the whole has alone. Weights
// learned from five collections, each left out once, did no better on it.
const withSentences = 0.33

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
func (v *values) explain(sentences bool, dense float64) []kb.Feature {
	list := make([]kb.Feature, featCount)
	for f, feat := range features {
		if sentences && f >= featDense {
			feat.weight = withSentences
		}
		if f >= featDense {
			feat.weight *= dense
		}
		list[f] = kb.Feature{Name: feat.name, Value: v[f]}
		if v[f] != 0 { // else a weight below 0 makes -0 of it
			list[f].Contribution = feat.weight * v[f]
		}
	}
	return list
}
