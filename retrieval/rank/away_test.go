package rank_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/rank"
)

func TestWhatIsExcludedWeighsAHeadingDown(t *testing.T) {
	for _, tc := range []struct {
		name, heading, body string
		want                float64
	}{
		{"in the heading", "sso", "log in with sso", 1},
		{"in part", "the sso", "log in", 1},
		{"in the text alone", "log in", "log in with sso", 0},
		{"the heading is without it", "log in without sso", "log in", 0},
		{"the text tells how to be without it", "sso", "people who have no sso log in so", 0},
		{"the word stands far away", "sso", "no a b c d e f g h i j sso", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := kbtest.NewLexicon()
			c := l.Candidate("a", tc.heading, tc.body, 1)
			found := kb.Candidates{Query: l.Query("log in"), Excluded: []kb.Exclusion{{Terms: l.Query("sso")}}, List: []kb.Candidate{c}}
			got := rank.Order(kb.Query{}, rank.Options{}, found)[0]
			require.InDelta(t, tc.want, feature(t, got, "excluded"), 1e-12)
			found.Excluded = nil
			require.InDelta(t, 0.3*tc.want, rank.Order(kb.Query{}, rank.Options{}, found)[0].Score-got.Score, 1e-12)
		})
	}
}
