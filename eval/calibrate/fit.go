// Package calibrate fits what evidence is worth in a knowledge base: the chance
// that a passage, or the documents together, answer a question.
package calibrate

import (
	"math"

	"github.com/askdesk/askdesk/kb"
)

// point is one piece of evidence and whether it kept its promise.
type point struct {
	x   float64
	hit bool
}

// trust is how far a fit may lie from the default before it costs as much as one
// wrong answer: the spread of slope and bias over the knowledge bases that the
// default was made from, generously. It keeps few questions from saying too much,
// and hits without any miss from making certain of it.
var trust = kb.Sigmoid{Slope: 3, Bias: 1.5}

// sigmoid is the most probable one for points where prior is the likeliest without
// any: logistic regression by Newton's method, with a Gaussian prior.
func sigmoid(points []point, prior kb.Sigmoid) kb.Sigmoid {
	const most, least = 50, 1e-9
	s := prior
	for range most {
		// Gradient and Hessian of the loss; the prior keeps the latter positive.
		ga, gb := (s.Slope-prior.Slope)/(trust.Slope*trust.Slope), (s.Bias-prior.Bias)/(trust.Bias*trust.Bias)
		haa, hab, hbb := 1/(trust.Slope*trust.Slope), 0.0, 1/(trust.Bias*trust.Bias)
		for _, p := range points {
			at := s.At(p.x)
			miss, weight := at, at*(1-at)
			if p.hit {
				miss--
			}
			ga += miss * p.x
			gb += miss
			haa += weight * p.x * p.x
			hab += weight * p.x
			hbb += weight
		}
		det := haa*hbb - hab*hab
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		step := 1.0 // a step of Newton's may overshoot where the curve is flat
		for before := loss(points, prior, s); step > least; step /= 2 {
			next := kb.Sigmoid{Slope: s.Slope - step*da, Bias: s.Bias - step*db}
			if loss(points, prior, next) <= before {
				s = next
				break
			}
		}
		if math.Abs(step*da)+math.Abs(step*db) < least {
			break
		}
	}
	if s.Slope < 0 { // more evidence never makes an answer less likely: at most it says nothing
		return kb.Sigmoid{Bias: level(points)}
	}
	return s
}

// level is the bias of a sigmoid that is the share of hits everywhere, a little
// nearer to one half than it was seen, so that it is never certain.
func level(points []point) float64 {
	hits := 1.0
	for _, p := range points {
		if p.hit {
			hits++
		}
	}
	return math.Log(hits / (float64(len(points)) + 2 - hits))
}

// loss is the negative logarithm of the probability of points and s.
func loss(points []point, prior, s kb.Sigmoid) float64 {
	a, b := (s.Slope-prior.Slope)/trust.Slope, (s.Bias-prior.Bias)/trust.Bias
	sum := (a*a + b*b) / 2
	for _, p := range points {
		x := s.Slope*p.x + s.Bias
		if p.hit {
			x = -x
		}
		sum += max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
	}
	return sum
}
