package store

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzHeading(f *testing.F) {
	f.Add("Title", "Sub", uint8(2))
	f.Add(`a","b`, `"]`, uint8(2))
	f.Add(`\`, `<b>"&`, uint8(2))
	f.Add("", "", uint8(0))
	f.Add("\u2028é", "\n", uint8(1))
	f.Fuzz(func(t *testing.T, a, b string, n uint8) {
		stored, err := json.Marshal([]string{a, b}[:n%3])
		require.NoError(t, err)
		var want []string
		require.NoError(t, json.Unmarshal(stored, &want))
		got, err := Heading(string(stored))
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}
