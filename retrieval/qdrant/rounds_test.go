//go:build !race

package qdrant_test

const (
	histories = 8 // that TestSameCandidates goes through
	step      = 1 // TestCrashes cuts each step-th time
)
