package answertest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer/model/extractive"
)

// Comparers is the contract of an extractive.Comparer. Question is one in a
// language that it knows; alike says the same in other words, and apart does not.
func Comparers(t *testing.T, c extractive.Comparer, question, alike, apart string) {
	require.True(t, c.Knows(question))
	texts := []string{apart, "", alike, question}
	near := c.Near(question, texts)
	require.Len(t, near, len(texts))
	for _, x := range near {
		require.True(t, -1 <= x && x <= 1, "a cosine, not %g", x)
	}
	require.Zero(t, near[1], "nothing is near nothing")
	require.Greater(t, near[2], near[0])
	require.InDelta(t, 1, near[3], 1e-6, "nothing is nearer than the question itself")
	require.Equal(t, near, c.Near(question, texts))
	slices.Reverse(texts)
	back := c.Near(question, texts)
	slices.Reverse(back)
	require.Equal(t, near, back, "what else is compared changes nothing")
	require.Empty(t, c.Near(question, nil))
	require.Zero(t, c.Near("", []string{alike})[0])
}
