#include "textflag.h"

// A step takes 16 codes of each of two rows, interleaves and widens them to words,
// multiplies each pair by the rows' factors and adds the sums to two registers.
#define STEP(at, low, high) \
	VMOVDQU    at(BX), X9;       \
	VPUNPCKHBW at(DX), X9, X10;  \
	VPUNPCKLBW at(DX), X9, X9;   \
	VPMOVSXBW  X9, Y9;           \
	VPMOVSXBW  X10, Y10;         \
	VPMADDWD   Y8, Y9, Y9;       \
	VPMADDWD   Y8, Y10, Y10;     \
	VPADDD     Y9, low, low;     \
	VPADDD     Y10, high, high

// func sumAVX2(sum *int32, codes *byte, rows *uint32, factors *int16, n int)
//
// It goes through the rows four times, for 64 of their numbers each, so that the
// sums stay in registers. Before, it asks the memory for all of them: they mostly
// are in no near cache.
TEXT ·sumAVX2(SB), NOSPLIT, $0-40
	MOVQ sum+0(FP), DI
	MOVQ codes+8(FP), SI
	MOVQ rows+16(FP), R8
	MOVQ factors+24(FP), R9
	MOVQ n+32(FP), CX
	MOVQ $4, R10
	XORQ AX, AX

ahead:
	MOVL       (R8)(AX*4), BX
	ADDQ       SI, BX
	PREFETCHT0 (BX)
	PREFETCHT0 64(BX)
	PREFETCHT0 128(BX)
	PREFETCHT0 192(BX)
	INCQ       AX
	CMPQ       AX, CX
	JLT        ahead

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

two:
	MOVL         (R8)(AX*4), BX
	MOVL         4(R8)(AX*4), DX
	ADDQ         SI, BX
	ADDQ         SI, DX
	VPBROADCASTD (R9)(AX*2), Y8
	STEP(0, Y0, Y1)
	STEP(16, Y2, Y3)
	STEP(32, Y4, Y5)
	STEP(48, Y6, Y7)
	ADDQ         $2, AX
	CMPQ         AX, CX
	JLT          two

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
