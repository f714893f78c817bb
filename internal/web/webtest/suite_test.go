package webtest_test

import (
	"testing"

	"github.com/askdesk/askdesk/internal/web/webtest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	webtest.TestStore(t, func(*testing.T) webtest.Store { return &webtest.Memory{} })
}
