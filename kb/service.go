package kb

import (
	"encoding/json"
	"slices"
	"time"
)

// Role is what a caller may do. Each includes the one before.
type Role string

// The roles.
const (
	RoleAgent  Role = "agent"  // ask, search, read, give feedback
	RoleEditor Role = "editor" // and styles and curated answers
	RoleAdmin  Role = "admin"  // and documents, knowledge bases and keys
)

var roles = []Role{RoleAgent, RoleEditor, RoleAdmin}

// Includes reports whether r may do what needed may. An unknown role may nothing.
func (r Role) Includes(needed Role) bool {
	have := slices.Index(roles, r)
	return have >= 0 && have >= slices.Index(roles, needed)
}

// Key is an API key without its secret.
type Key struct {
	ID       string
	Name     string
	KBs      []string // empty: all
	Audience Audience
	Role     Role
	Created  time.Time
}

// MayUse reports whether the key opens the knowledge base.
func (k Key) MayUse(base string) bool { return len(k.KBs) == 0 || slices.Contains(k.KBs, base) }

// Turn is one message of a conversation.
type Turn struct {
	Role    string // user or assistant
	Content string
}

// Conversation is a thread of questions that one key asked.
type Conversation struct {
	ID      string
	Owner   string // Key.ID; "" where no keys are in use
	Title   string // what its first question is about
	Created time.Time
	Updated time.Time
}

// Record is a stored answer. Body is the API's form of it, Evidence what it was
// written from, so that it can be written again in another style.
type Record struct {
	ID           string
	Owner        string
	Conversation string
	From         string // the answer it is another style of; "" for the first
	Created      time.Time
	Question     string
	Text         string
	Body         json.RawMessage
	Evidence     json.RawMessage
}

// Feedback is what somebody thought of an answer.
type Feedback struct {
	Answer  string
	Owner   string
	Up      bool
	Reason  string // one of FeedbackReasons; "" with Up
	Note    string
	Created time.Time
}

// Rated is an answer with what somebody thought of it.
type Rated struct {
	Record
	Feedback Feedback
}

// FeedbackReasons are the reasons for a thumb down.
var FeedbackReasons = []string{"wrong_source", "outdated", "incomplete", "wrong_tone", "invented"}
