//go:build !race

package local_test

// rounds are how often TestTheSameQuestionFindsTheSame asks a question of each index.
const rounds = 100
