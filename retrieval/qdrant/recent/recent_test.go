package recent_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/retrieval/qdrant/recent"
)

func TestCacheKeepsWhatIsAskedFor(t *testing.T) {
	c := recent.New[int, string](100)
	_, ok := c.Get(1)
	require.False(t, ok)
	c.Put(1, "often", 10)
	for i := 2; i < 1000; i++ {
		c.Put(i, "once", 10)
		v, ok := c.Get(1)
		require.True(t, ok, i)
		require.Equal(t, "often", v)
	}
	kept := 0
	for i := 2; i < 1000; i++ {
		if _, ok := c.Get(i); ok {
			kept++
		}
	}
	require.NotZero(t, kept)
	require.LessOrEqual(t, kept, 12) // two halves, each of which may be over by one
}

func TestCacheCountsAKeyOnce(t *testing.T) {
	c := recent.New[string, int](1000)
	c.Put("b", 1, 50)
	for i := range 100 {
		c.Put("a", i, 400)
	}
	a, ok := c.Get("a")
	require.True(t, ok)
	require.Equal(t, 99, a)
	_, ok = c.Get("b")
	require.True(t, ok)
}
