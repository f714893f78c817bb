package qdrant_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/servertest"
)

// With a copy on each of three nodes, what was written through one is found through
// the others, also while one of them is dead and once it is back. A node that lags
// may lack what is new for a moment, but has nothing that is old.
func TestCluster(t *testing.T) {
	nodes := servertest.Cluster(t, 3)
	opt := options(t, nodes[0].Address(), "help")
	opt.Replicas = 3
	var indexes []*qdrant.Index
	for _, n := range nodes {
		opt.Points.Address = n.Address()
		indexes = append(indexes, open(t, opt))
	}
	lagged := 0
	want := map[string]kb.Entry{}
	round := func(n, writer int, readers ...int) {
		path := fmt.Sprint("book", n%5)
		e := book(t, embedder, path, fmt.Sprint("edition", n), 1+n%4)
		require.NoError(t, indexes[writer].Replace(t.Context(), "help", []kb.Entry{e}))
		want[path] = e
		for _, r := range readers {
			for try := 0; ; try++ {
				found := shelf(t, indexes[r])
				all := shelfOf(want)
				for path, text := range found {
					require.True(t, strings.HasPrefix(text, want[path].Document.Title+": "), "%s: old, or nobody's", text)
				}
				if len(found) == len(all) && found[path] == all[path] {
					break
				}
				lagged++
				require.Less(t, try, 300, "%v instead of %v", found, all)
				time.Sleep(20 * time.Millisecond)
			}
		}
	}
	for n := range 30 {
		round(n, n%3, (n+1)%3, (n+2)%3)
	}
	nodes[2].Kill()
	for n := 30; n < 60; n++ {
		round(n, n%2, (n+1)%2)
	}
	nodes[2].Start()
	require.Eventually(t, func() bool { // it says that it is ready before it can be asked
		found, err := indexes[2].Search(t.Context(), books)
		return err == nil && len(shelved(found)) == len(want)
	}, time.Minute, 100*time.Millisecond)
	for n := 60; n < 90; n++ {
		round(n, n%3, (n+1)%3, (n+2)%3)
	}
	t.Logf("%d reads of some 150 found less than was written a moment before", lagged)
}
