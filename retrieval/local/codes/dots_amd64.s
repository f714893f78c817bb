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

// func coarseAVX2(sums *int32, rows *byte, query *int8, n, width int)
//
// A turn takes 32 bytes: the low halves times 32 bytes of the query, the high
// halves times the next 32. Sums of four products are below 2^15.
TEXT ·coarseAVX2(SB), NOSPLIT, $0-40
	MOVQ sums+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ query+16(FP), R8
	MOVQ n+24(FP), CX
	MOVQ width+32(FP), DX
	MOVQ $0x0f0f0f0f0f0f0f0f, AX
	MOVQ AX, X6
	VPBROADCASTQ X6, Y6 // what is low
	VPCMPEQW Y7, Y7, Y7
	VPSRLW   $15, Y7, Y7 // words of 1

row:
	VPXOR Y0, Y0, Y0
	XORQ  AX, AX

turn:
	VMOVDQU    (SI)(AX*1), Y2
	VPAND      Y6, Y2, Y3
	VPSRLW     $4, Y2, Y2
	VPAND      Y6, Y2, Y2
	VPMADDUBSW (R8)(AX*2), Y3, Y3
	VPMADDUBSW 32(R8)(AX*2), Y2, Y2
	VPADDW     Y3, Y2, Y2
	VPMADDWD   Y7, Y2, Y2
	VPADDD     Y2, Y0, Y0
	ADDQ       $32, AX
	CMPQ       AX, DX
	JLT        turn

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
