package text_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/text"
)

func TestMeasures(t *testing.T) {
	require.True(t, text.Measures("how", "long"))
	require.True(t, text.Measures("wie", "lange"))
	require.False(t, text.Measures("a", "long"), "a long list is one")
	require.False(t, text.Measures("how", "refunds"))
}
