//go:build race

package local_test

const rounds = 10 // the race detector takes twenty times as long
