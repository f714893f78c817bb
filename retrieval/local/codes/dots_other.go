//go:build !amd64

package codes

// dots sets sums[i] to the product of row i of rows and query.
func dots(sums []int32, rows []int8, query []int16) { plain(sums, rows, query) }
