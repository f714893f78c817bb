//go:build race

package qdrant_test

const (
	histories = 1 // the race detector takes twenty times as long
	step      = 7
)
