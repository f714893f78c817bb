package answertest_test

import (
	"testing"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/answer/answertest"
	"github.com/askdesk/askdesk/kb"
)

func TestScript(t *testing.T) {
	answertest.Generators(t, func(*testing.T) answer.Generator {
		return &answertest.Script{Say: []string{"Open Settings. [1] ", "You get an e-mail. [1]"}}
	})
}

func TestShelf(t *testing.T) {
	answertest.Retrievers(t, func(*testing.T) answer.Retriever {
		public := answertest.Passage("Passwords", "Reset passwords in Settings.")
		public.Document.Audience = kb.Public
		return &answertest.Shelf{KBs: []string{"test"}, Passages: []kb.Passage{public, answertest.Passage("Locks", "A reset unlocks accounts after wrong passwords.")}}
	})
}
