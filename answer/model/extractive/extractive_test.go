package extractive_test

import (
	"testing"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/answer/answertest"
	"github.com/askdesk/askdesk/answer/model/extractive"
)

func TestContract(t *testing.T) {
	answertest.Generators(t, func(*testing.T) answer.Generator { return extractive.New() })
}
