package kb_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func TestDidYouMean(t *testing.T) {
	known := []string{"max", "min", "retention_days"}
	require.Equal(t, " (did you mean min?)", kb.DidYouMean("mim", known), "the nearest, not the first")
	require.Equal(t, " (did you mean retention_days?)", kb.DidYouMean("retentiondays", known))
	require.Empty(t, kb.DidYouMean("colour", known))
	require.Empty(t, kb.DidYouMean("x", nil))
}
