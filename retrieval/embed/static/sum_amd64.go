package static

import "golang.org/x/sys/cpu"

// sumRows sets sum to the rows of codes, given by where they begin, times their
// factors.
func sumRows(sum *[Dim]int32, codes []byte, rows []uint32, factors []int32) {
	if !cpu.X86.HasAVX2 || len(rows) == 0 {
		plainSum(sum, codes, rows, factors)
		return
	}
	for _, at := range rows {
		_ = codes[at : at+Dim] // the kernel does not look
	}
	_ = factors[len(rows)-1]
	sumAVX2(&sum[0], &codes[0], &rows[0], &factors[0], len(rows))
}

// sumAVX2 is sumRows for n > 0 rows of 256.
//
//go:noescape
func sumAVX2(sum *int32, codes *byte, rows *uint32, factors *int32, n int)
