package calibrate

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// drawn are points whose hits follow a sigmoid.
func drawn(n int, truth kb.Sigmoid) []point {
	rng := rand.New(rand.NewPCG(7, 7))
	points := make([]point, n)
	for i := range points {
		x := rng.Float64()
		points[i] = point{x, rng.Float64() < truth.At(x)}
	}
	return points
}

func TestSigmoid(t *testing.T) {
	prior := kb.Sigmoid{Slope: 7.5, Bias: -3}
	require.Equal(t, prior, sigmoid(nil, prior), "nothing seen changes nothing")

	truth := kb.Sigmoid{Slope: 5, Bias: -1}
	got := sigmoid(drawn(20_000, truth), prior)
	require.InDelta(t, truth.Slope, got.Slope, .3)
	require.InDelta(t, truth.Bias, got.Bias, .15)

	few := sigmoid(drawn(5, truth), prior)
	require.InDelta(t, prior.Slope, few.Slope, 2, "five points say little")

	sure := sigmoid([]point{{.9, true}, {.8, true}, {.2, false}, {.1, false}}, prior)
	require.Less(t, sure.Slope, 12., "points that a threshold parts do not make certain")
	require.Less(t, sigmoid([]point{{.9, true}, {.8, true}, {.2, true}}, prior).At(.9), .999, "nor do hits alone")

	var contrary []point
	for range 500 {
		contrary = append(contrary, point{.9, false}, point{.1, true})
	}
	flat := sigmoid(contrary, prior)
	require.Zero(t, flat.Slope, "more evidence never makes an answer less likely")
	require.InDelta(t, .5, flat.At(.7), .01, "so it is the share of hits")
}

func TestSigmoidFindsTheLeastLoss(t *testing.T) {
	prior := kb.Sigmoid{Slope: 7.5, Bias: -3}
	for _, truth := range []kb.Sigmoid{{Slope: 2, Bias: 3}, {Slope: 20, Bias: -15}, {Slope: 1, Bias: -4}} {
		points := drawn(300, truth)
		got := sigmoid(points, prior)
		for _, d := range []float64{-.01, .01} {
			require.LessOrEqual(t, loss(points, prior, got), loss(points, prior, kb.Sigmoid{Slope: got.Slope + d, Bias: got.Bias}))
			require.LessOrEqual(t, loss(points, prior, got), loss(points, prior, kb.Sigmoid{Slope: got.Slope, Bias: got.Bias + d}))
		}
	}
}

// observed are searches whose outcomes follow a calibration.
func observed(n int, scale string, truth kb.Calibration) []Observation {
	answers, passages := drawn(n, truth.Answer), drawn(n, truth.Passage)
	list := make([]Observation, n)
	for i := range list {
		first := Passage{passages[i].x, scale, passages[i].hit}
		list[i] = Observation{Answerable: answers[i].hit, Passages: []Passage{first, {answers[i].x, scale, false}}}
		if first.Evidence > answers[i].x { // the best evidence decides
			list[i].Answerable = truth.Answer.At(first.Evidence) > .5
		}
	}
	return list
}

func TestFitsLearnOnlyWhatIsBetter(t *testing.T) {
	usual := rank.Default(rank.Meaning("m"))
	same, err := Fits(observed(60, rank.Meaning("m"), usual), 1)
	require.NoError(t, err)
	require.Len(t, same, 1)
	require.Equal(t, usual.Passage, same[0].Passage.Sigmoid)
	require.False(t, same[0].Passage.Fitted, "60 questions do not better what is right")

	hard := kb.Calibration{Passage: kb.Sigmoid{Slope: 3, Bias: -3.5}, Answer: kb.Sigmoid{Slope: 8, Bias: -7}}
	other, err := Fits(observed(200, rank.Meaning("m"), hard), 1)
	require.NoError(t, err)
	f := other[0]
	require.True(t, f.Passage.Fitted && f.Answer.Fitted)
	require.Less(t, f.Answer.HeldOut.ECE.Value, f.Answer.Default.ECE.Value)
	require.Equal(t, kb.Calibration{Passage: f.Passage.Sigmoid, Answer: f.Answer.Sigmoid}, f.Calibration())
	require.Equal(t, 200, f.Questions)

	again, err := Fits(observed(200, rank.Meaning("m"), hard), 1)
	require.NoError(t, err)
	require.Equal(t, other, again, "the same questions and seed fit alike")

	var page bytes.Buffer
	require.NoError(t, f.WriteTable(&page))
	require.Regexp(t, `(?m)^the documents answer +learned `, page.String())
}

func TestFitsAreByScale(t *testing.T) {
	usual := rank.Default(rank.Words)
	fits, err := Fits(append(observed(60, rank.Words, usual), observed(10, rank.Meaning("m"), usual)...), 1)
	require.NoError(t, err)
	require.Len(t, fits, 1, "ten questions are too few for the other")
	require.Equal(t, rank.Words, fits[0].Scale)
}

func TestAPassageOfAnotherScaleTeachesNothing(t *testing.T) {
	list := observed(60, rank.Meaning("m"), rank.Default(rank.Meaning("m")))
	for i := range list { // the first passage has no vector
		list[i].Passages[0].Scale, list[i].Passages[0].Evidence, list[i].Passages[1].Evidence = rank.Words, .01, .9
		list[i].Answerable = i%2 == 0
	}
	fits, err := Fits(list, 1)
	require.NoError(t, err)
	require.Equal(t, rank.Meaning("m"), fits[0].Scale)
	require.Nil(t, fits[0].Passage.HeldOut, "no first passage has the scale")
	require.NotNil(t, fits[0].Answer.HeldOut)
}

func TestNothingIsLearnedWhileTheEmbedderIsAway(t *testing.T) {
	_, err := Observe(t.Context(), away{}, "help", []eval.Question{{ID: "1"}})
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
}

// away is a search whose embedder does not answer.
type away struct{}

func (away) Retrieve(context.Context, kb.Search) (kb.Retrieved, error) {
	return kb.Retrieved{Notices: []kb.Notice{{Code: "dense_unavailable", Message: "It is away."}}}, nil
}

func TestTooFewQuestionsAreRefused(t *testing.T) {
	yes, no := Observation{Answerable: true, Passages: []Passage{{.5, rank.Words, true}}}, Observation{Passages: []Passage{{.5, rank.Words, false}}}
	list := func(answered, not int) (all []Observation) {
		for range answered {
			all = append(all, yes)
		}
		for range not {
			all = append(all, no)
		}
		return all
	}
	for want, all := range map[string][]Observation{
		"at least 30 judged questions, and there are 29": list(20, 9),
		"do not answer, and there are 4":                 list(40, 4),
		"the documents answer, and there are 2":          list(2, 40),
		"and there are 0":                                nil,
	} {
		_, err := Fits(all, 1)
		require.Equal(t, kb.NotFound, kb.CodeOf(err))
		require.ErrorContains(t, err, want)
	}
	_, err := Fits(list(25, 5), 1)
	require.NoError(t, err)
}

func TestLeaveOutLearnsNothingFromTheBaseItself(t *testing.T) {
	usual := rank.Default(rank.Meaning("m"))
	a, b := observed(50, rank.Meaning("m"), usual), observed(80, rank.Meaning("m"), kb.Calibration{Answer: kb.Sigmoid{Bias: 2}, Passage: kb.Sigmoid{Bias: -2}})
	got := LeaveOut([]Base{{"a", a}, {"b", b}}, 1)
	require.Equal(t, []string{"a", "b", AllBases}, []string{got.Answer[0].Base, got.Answer[1].Base, got.Answer[2].Base})
	changed := append([]Observation{}, a...)
	for i := range changed {
		changed[i].Answerable = !changed[i].Answerable
	}
	other := LeaveOut([]Base{{"a", changed}, {"b", b}}, 1)
	for i := range got.Answer[0].Others.Bins {
		require.Equal(t, got.Answer[0].Others.Bins[i].Score, other.Answer[0].Others.Bins[i].Score)
	}
	require.NotEqual(t, got.Answer[0].Own, other.Answer[0].Own)
	var page bytes.Buffer
	require.NoError(t, got.WriteTable(&page))
	require.Regexp(t, `(?m)^all +130 `, page.String())
}

// found is a search that always finds the same.
type found []kb.Passage

func (f found) Retrieve(context.Context, kb.Search) (kb.Retrieved, error) {
	return kb.Retrieved{Passages: f}, nil
}

func TestObserve(t *testing.T) {
	passage := func(path, text string, evidence float64) kb.Passage {
		return kb.Passage{Document: kb.Document{Source: "docs", Path: path}, Text: text, Evidence: evidence, Scale: rank.Words}
	}
	search := found{passage("a.md", "It is red.", .5), passage("b.md", "It is blue.", .9)}
	gold := eval.Question{ID: "1", Answerable: true, Gold: []string{"b.md"}, Must: []string{"blue"}}
	both := eval.Question{ID: "2", Answerable: true, Gold: []string{"a.md", "b.md"}, Must: []string{"red", "blue"}, Kind: eval.KindMulti}
	got, err := Observe(t.Context(), search, "help", []eval.Question{gold, both, {ID: "3", Kind: eval.KindNear}, {ID: "4", Answerable: true, Kind: eval.KindFollowUp}})
	require.NoError(t, err)
	wrong, right := Passage{.5, rank.Words, false}, Passage{.9, rank.Words, true}
	require.Equal(t, []Observation{
		{Question: "1", Answerable: true, Passages: []Passage{wrong, right}},
		{Question: "2", Answerable: true, Together: true, Passages: []Passage{wrong, {.9, rank.Words, false}}},
		{Question: "3", Passages: []Passage{wrong, {.9, rank.Words, false}}},
	}, got)
	require.Equal(t, right, got[0].best())
}
