package static

import "golang.org/x/sys/cpu"

// sumRows sets sum to the rows of codes, given by where they begin, times their
// factors. The number of rows is even.
func sumRows(sum *[Dim]int32, codes []byte, rows []uint32, factors []int16) {
	if !cpu.X86.HasAVX2 || len(rows) == 0 {
		plainSum(sum, codes, rows, factors)
		return
	}
	for _, at := range rows {
		_ = codes[at : at+Dim] // the kernel does not look
	}
	if len(rows)%2 != 0 || len(factors) < len(rows) {
		panic("static: rows without factors")
	}
	sumAVX2(&sum[0], &codes[0], &rows[0], &factors[0], len(rows))
}

// sumAVX2 is sumRows for n rows of 256, n > 0 and even.
//
//go:noescape
func sumAVX2(sum *int32, codes *byte, rows *uint32, factors *int16, n int)
