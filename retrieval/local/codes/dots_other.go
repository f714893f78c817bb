//go:build !amd64

package codes

// dots sets sums[i] to the product of row i of rows and query.
func dots(sums []int32, rows []int8, query []int16) { plain(sums, rows, query) }

// coarseDots sets sums[i] to the product of the coarse codes of row i and query.
func coarseDots(sums []int32, rows []byte, query []int8) { plainCoarse(sums, rows, query) }
