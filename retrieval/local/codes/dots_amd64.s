#include "textflag.h"

// func dotsAVX2(sums *int32, rows *int8, query *int16, n, width int)
//
// A step widens 16 codes to words, multiplies them by 16 words of the query and
// adds neighbouring products, which fit in 32 bits. Two steps a turn, each with
// its own sums, keep the multiplier busy.
TEXT ·dotsAVX2(SB), NOSPLIT, $0-40
	MOVQ sums+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ query+16(FP), R8
	MOVQ n+24(FP), CX
	MOVQ width+32(FP), DX

row:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	XORQ  AX, AX

turn:
	VPMOVSXBW (SI)(AX*1), Y2
	VPMOVSXBW 16(SI)(AX*1), Y3
	VPMADDWD  (R8)(AX*2), Y2, Y2
	VPMADDWD  32(R8)(AX*2), Y3, Y3
	VPADDD    Y2, Y0, Y0
	VPADDD    Y3, Y1, Y1
	ADDQ      $32, AX
	CMPQ      AX, DX
	JLT       turn

	VPADDD       Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0xb1, X0, X1
	VPADDD       X1, X0, X0
	VMOVD        X0, (DI)
	ADDQ         $4, DI
	ADDQ         DX, SI
	DECQ         CX
	JNZ          row

	VZEROUPPER
	RET
