package rank

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNames(t *testing.T) {
	for _, tc := range []struct{ question, want string }{
		{"can I unlock it with a YubiKey", "i yubikey"},
		{"How do I reset it? My laptop is a Mac.", "i mac"},
		{"iPhone app", "iphone"},
		{"is it FIPS 140 certified", "140 fips"},
		{"what does E_CONN_42 mean", "e_conn_42"},
		{"reset the password", ""},
		{"note: Restart it.\nThen wait", ""},
		{"wie setze ich mein Passwort zurück", "passwort"},
		{"", ""},
	} {
		got := strings.Join(slices.Sorted(maps.Keys(names(tc.question))), " ")
		require.Equal(t, tc.want, got, tc.question)
	}
}
