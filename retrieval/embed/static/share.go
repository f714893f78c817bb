package static

import (
	"iter"
	"runtime"
	"sync"
)

// shareSize is how many texts make another goroutine worth its start.
const shareSize = 16

// share divides the numbers below n among as many calls of do at once as there are
// processors for, one of them by the caller, and returns when all have.
func share(n int, do func(mine iter.Seq[int])) {
	workers := max(1, min(runtime.GOMAXPROCS(0), (n+shareSize-1)/shareSize))
	part := func(k int) {
		do(func(yield func(int) bool) {
			for i := k; i < n && yield(i); i += workers {
			}
		})
	}
	var all sync.WaitGroup
	for k := 1; k < workers; k++ {
		all.Go(func() { part(k) })
	}
	part(0)
	all.Wait()
}
