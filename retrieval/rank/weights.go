package rank

import (
	"bytes"
	_ "embed" // the weights
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/askdesk/askdesk/kb"
)

// File is the form of weights as a file: a set for each way of searching, with
// where it comes from.
type File struct {
	Made      string `json:"made"`      // the day
	From      string `json:"from"`      // how, and from what
	Seed      uint64 `json:"seed"`      // of the draw, where anything was drawn
	Words     Set    `json:"words"`     // by words alone
	Dense     Set    `json:"dense"`     // and by one vector a chunk
	Sentences Set    `json:"sentences"` // and by the sentences of each chunk
}

// Set is the weights of one way of searching.
type Set struct {
	Weights map[string]float64 `json:"weights"` // by feature, 0 and up; what is left out counts nothing
	NDCG10  map[string]float64 `json:"ndcg10"`  // of the order by them, by collection: the best chunk of each document
}

// Weights say what each feature adds to the score of a candidate.
type Weights struct{ words, dense, sentences [featCount]float64 }

//go:embed weights.json
var shippedFile []byte

// Shipped is the file of weights that is part of the program.
func Shipped() (f File) {
	if err := json.Unmarshal(shippedFile, &f); err != nil {
		panic(err) // it is tested
	}
	return f
}

var shipped = sync.OnceValue(func() *Weights {
	w, err := ReadWeights(bytes.NewReader(shippedFile))
	if err != nil {
		panic(err) // the file is part of the program, and tested
	}
	return w
})

const (
	longestFile = 1 << 20 // bytes of a file of weights
	mostWeight  = 1000    // of one feature: sums must stay exact
)

// ReadWeights reads a File. What is no such file, or has a feature that is not
// known or a weight below 0, is a kb.Invalid.
func ReadWeights(r io.Reader) (*Weights, error) {
	var f File
	in := json.NewDecoder(io.LimitReader(r, longestFile))
	in.DisallowUnknownFields()
	err := in.Decode(&f)
	if err == nil {
		if _, more := in.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the weights")
		}
	}
	if err != nil {
		return nil, kb.Wrap(kb.Invalid, err, "These are no weights of ranking. Make some with: askdesk eval weights DIR DIR... --out FILE")
	}
	var w Weights
	for _, part := range []struct {
		name string
		set  Set
		into *[featCount]float64
		last int // feature that it may weigh
	}{
		{"words", f.Words, &w.words, featExcluded},
		{"dense", f.Dense, &w.dense, featDense},
		{"sentences", f.Sentences, &w.sentences, featCount - 1},
	} {
		if err := part.set.into(part.into, featureNames[:part.last+1]); err != nil {
			return nil, kb.Errorf(kb.Invalid, "weights of ranking, set %q: %w", part.name, err)
		}
	}
	return &w, nil
}

// into fills weights in by the names of features.
func (s Set) into(weights *[featCount]float64, known []string) error {
	sum := 0.0
	for name, weight := range s.Weights {
		f := slices.Index(known, name)
		if f < 0 || f == featExcluded {
			return kb.Errorf(kb.Invalid, "%q is no feature that it may weigh: use %s", name, strings.Join(slices.DeleteFunc(slices.Clone(known), func(n string) bool { return n == Excluded }), ", "))
		}
		if weight < 0 || weight > mostWeight {
			return kb.Errorf(kb.Invalid, "the weight of %q is %g: each feature is evidence for a passage, so write 0 or more, and at most %d", name, weight, mostWeight)
		}
		weights[f] = weight
		sum += weight
	}
	if sum == 0 {
		return kb.Errorf(kb.Invalid, "it weighs nothing: give at least one feature a weight above 0")
	}
	// What the question is not about takes away as much as what it is about adds.
	weights[featExcluded] = -weights[featHeading]
	return nil
}
