#include "textflag.h"

// A step widens 8 codes to 32 bits, multiplies them by the row's factor and adds
// them to one of 8 registers of sums.
#define STEP(at, sum, temp) \
	VPMOVSXBD at(BX), temp; \
	VPMULLD   Y8, temp, temp; \
	VPADDD    temp, sum, sum

// func sumAVX2(sum *int32, codes *byte, rows *uint32, factors *int32, n int)
//
// It goes through the rows four times, for 64 of their numbers each, so that the
// sums stay in registers.
TEXT ·sumAVX2(SB), NOSPLIT, $0-40
	MOVQ sum+0(FP), DI
	MOVQ codes+8(FP), SI
	MOVQ rows+16(FP), R8
	MOVQ factors+24(FP), R9
	MOVQ n+32(FP), CX
	MOVQ $4, R10

quarter:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7
	XORQ  AX, AX

row:
	MOVL         (R8)(AX*4), BX
	ADDQ         SI, BX
	VPBROADCASTD (R9)(AX*4), Y8
	STEP(0, Y0, Y9)
	STEP(8, Y1, Y10)
	STEP(16, Y2, Y11)
	STEP(24, Y3, Y12)
	STEP(32, Y4, Y13)
	STEP(40, Y5, Y14)
	STEP(48, Y6, Y15)
	STEP(56, Y7, Y9)
	INCQ         AX
	CMPQ         AX, CX
	JLT          row

	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	VMOVDQU Y2, 64(DI)
	VMOVDQU Y3, 96(DI)
	VMOVDQU Y4, 128(DI)
	VMOVDQU Y5, 160(DI)
	VMOVDQU Y6, 192(DI)
	VMOVDQU Y7, 224(DI)
	ADDQ    $256, DI
	ADDQ    $64, SI
	DECQ    R10
	JNZ     quarter

	VZEROUPPER
	RET
