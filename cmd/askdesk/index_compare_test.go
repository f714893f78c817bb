package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/eval"
	"github.com/askdesk/askdesk/internal/state"
)

func TestFiguresCountPlacesDownToTen(t *testing.T) {
	var r eval.Report
	for _, at := range []int{1, 7, 0} {
		r.Results = append(r.Results, eval.Result{Question: eval.Question{Answerable: true}, RightAt: at})
	}
	r.Results = append(r.Results, eval.Result{}, eval.Result{Question: eval.Question{Answerable: true, Kind: eval.KindFollowUp}, RightAt: 1})
	f := figures(state.IndexVersion{}, r)
	require.Equal(t, 3, f.First.Of, "an unanswerable question and a follow-up do not count")
	require.Equal(t, f.First, f.Five, "the seventh is not among five")
	require.InDelta(t, (1+1.0/7)/3, f.MRR10, 1e-12)
	require.InDelta(t, (1+1.0/3)/3, f.NDCG10, 1e-12)
}
