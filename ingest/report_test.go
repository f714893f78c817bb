package ingest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
)

func TestNamesStopsAfterTen(t *testing.T) {
	ten := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	require.Empty(t, ingest.Names(nil))
	require.Equal(t, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9", ingest.Names(ten))
	require.Equal(t, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more", ingest.Names(append(ten, "10", "11")))
}
