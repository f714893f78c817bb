package answer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func TestWordsThatWereSearchedAsOthers(t *testing.T) {
	found := kb.Retrieved{Corrected: map[string]string{"grabage": "garbage"}, Synonyms: map[string][]string{"money back": {"refund"}}}
	for word, want := range map[string]bool{"grabage": true, "money": true, "back": true, "refund": false, "mone": false, "": false} {
		require.Equal(t, want, searchedAs(found, word), word)
	}
}
