package codes

import "golang.org/x/sys/cpu"

// dots sets sums[i] to the product of row i of rows and query, whose length is a
// multiple of lane.
func dots(sums []int32, rows []int8, query []int16) {
	if !cpu.X86.HasAVX2 {
		plain(sums, rows, query)
		return
	}
	if len(query)%lane != 0 || len(rows) < len(sums)*len(query) {
		panic("codes: rows are too short")
	}
	if len(sums) > 0 && len(query) > 0 {
		dotsAVX2(&sums[0], &rows[0], &query[0], len(sums), len(query))
	}
}

// dotsAVX2 is dots for n rows of width numbers, n > 0, width > 0.
//
//go:noescape
func dotsAVX2(sums *int32, rows *int8, query *int16, n, width int)

// coarseDots sets sums[i] to the product of the coarse codes of row i and query,
// whose length is a multiple of coarseLane.
func coarseDots(sums []int32, rows []byte, query []int8) {
	if !cpu.X86.HasAVX2 {
		plainCoarse(sums, rows, query)
		return
	}
	if len(query)%coarseLane != 0 || len(rows) < len(sums)*len(query)/2 {
		panic("codes: rows are too short")
	}
	if len(sums) > 0 && len(query) > 0 {
		coarseAVX2(&sums[0], &rows[0], &query[0], len(sums), len(query)/2)
	}
}

// coarseAVX2 is coarseDots for n rows of width bytes, n > 0, width > 0.
//
//go:noescape
func coarseAVX2(sums *int32, rows *byte, query *int8, n, width int)
