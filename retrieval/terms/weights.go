package terms

// Field weights: how often an occurrence counts, in the term frequency as well as
// in the length of a chunk.
const (
	TitleWeight   = 3
	HeadingWeight = 2
	BodyWeight    = 1
)

// fieldWeights are in the order of fields in a blob.
var fieldWeights = [...]int{TitleWeight, HeadingWeight, BodyWeight}

// BM25's saturation of term frequencies and its normalisation of lengths.
const (
	K1 = 1.0
	B  = 0.4
)

// MaxScored bounds the terms of a query that are scored: those of a very long mail
// with the least weight find nothing that the others don't.
const MaxScored = 64
