//go:build !amd64

package static

// sumRows sets sum to the rows of codes, given by where they begin, times their
// factors.
func sumRows(sum *[Dim]int32, codes []byte, rows []uint32, factors []int16) {
	plainSum(sum, codes, rows, factors)
}
