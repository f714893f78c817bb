package kb

import (
	"math"
	"time"
)

// Sigmoid turns evidence into a probability: 1/(1+e^-(Slope*x+Bias)), the form
// that Platt (1999) fits.
type Sigmoid struct {
	Slope float64 `json:"slope"`
	Bias  float64 `json:"bias"`
}

// At is the probability at x, in 0..1.
func (s Sigmoid) At(x float64) float64 { return 1 / (1 + math.Exp(-(s.Slope*x + s.Bias))) }

// Calibration says what evidence is worth.
type Calibration struct {
	Passage Sigmoid `json:"passage"` // from a passage's evidence to the chance that it answers where nothing better was found
	Answer  Sigmoid `json:"answer"`  // from the best passage's evidence to the chance that the documents answer
}

// Fitted is a calibration that was learned for a knowledge base.
type Fitted struct {
	Calibration
	Scale        string    `json:"scale"` // of the evidence it is for
	Questions    int       `json:"questions"`
	Unanswerable int       `json:"unanswerable"` // of them, questions that the documents do not answer
	Created      time.Time `json:"created"`
}
