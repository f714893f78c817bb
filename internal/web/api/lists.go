package api

import "time"

// Document is what Askdesk knows of a document.
type Document struct {
	ID         string     `json:"id"`
	KB         string     `json:"kb"`
	Source     string     `json:"source"`
	Path       string     `json:"path"`
	Title      string     `json:"title"`
	URL        string     `json:"url"`
	Updated    *time.Time `json:"updated,omitempty"`
	Audience   string     `json:"audience" enum:"public,agent"`
	Product    string     `json:"product"`
	Version    string     `json:"version"`
	Tags       []string   `json:"tags" nullable:"false"`
	Language   string     `json:"language"`
	ValidFrom  *time.Time `json:"valid_from,omitempty"`
	ValidUntil *time.Time `json:"valid_until,omitempty"`
	Status     string     `json:"status" enum:"queued,reading,ready,failed"`
	Reason     string     `json:"reason" doc:"Why it failed or waits, for a person."`
	Chunks     int        `json:"chunks"`
	Bytes      int64      `json:"bytes" doc:"Size of the file that was read."`
	Indexed    *time.Time `json:"indexed,omitempty"`
	Text       string     `json:"text,omitempty" doc:"What was read, as Markdown; only with text=true."`
}

// Documents is a page of documents.
type Documents struct {
	Documents []Document `json:"documents" nullable:"false"`
	Next      string     `json:"next,omitempty" doc:"Cursor of the next page; left out on the last."`
}

// KnowledgeBase is a knowledge base.
type KnowledgeBase struct {
	Name      string    `json:"name"`
	Created   time.Time `json:"created"`
	Documents int       `json:"documents"`
	Chunks    int       `json:"chunks"`
}

// KnowledgeBases is a page of knowledge bases.
type KnowledgeBases struct {
	KnowledgeBases []KnowledgeBase `json:"knowledge_bases" nullable:"false"`
	Next           string          `json:"next,omitempty"`
}

// NewKnowledgeBase asks for a knowledge base.
type NewKnowledgeBase struct {
	Name string `json:"name" doc:"1 to 63 lower-case letters, digits, - and _."`
}

// Conversation is a thread of questions.
type Conversation struct {
	ID      string    `json:"id"`
	Title   string    `json:"title"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

// ConversationDetail is a conversation with its answers, oldest first. An
// answer with From is another style of an earlier one.
type ConversationDetail struct {
	Conversation
	Answers []Answer `json:"answers" nullable:"false"`
}

// Conversations is a page of conversations, the latest first.
type Conversations struct {
	Conversations []Conversation `json:"conversations" nullable:"false"`
	Next          string         `json:"next,omitempty"`
}

// Model is a profile that can write answers.
type Model struct {
	Name    string `json:"name" doc:"What a request calls it."`
	Kind    string `json:"kind" enum:"extractive,openai"`
	Model   string `json:"model" doc:"As its server calls it; empty for extractive."`
	Default bool   `json:"default"`
}

// Models are the profiles.
type Models struct {
	Models []Model `json:"models" nullable:"false"`
	Next   string  `json:"next,omitempty"`
}

// Choice is a value that a style's field may take.
type Choice struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Default     bool   `json:"default"`
}

// Styles are the values that tone, format, length and language may take.
type Styles struct {
	Tones     []Choice `json:"tones" nullable:"false"`
	Formats   []Choice `json:"formats" nullable:"false"`
	Lengths   []Choice `json:"lengths" nullable:"false"`
	Languages []Choice `json:"languages" nullable:"false"`
}

// Session says who is asking, for a page.
type Session struct {
	Name      string   `json:"name" doc:"Of the key; empty where none is in use."`
	Role      string   `json:"role" enum:"agent,editor,admin"`
	Audience  string   `json:"audience" enum:"public,agent"`
	KB        []string `json:"kb" nullable:"false" doc:"Knowledge bases that the key opens; empty: all."`
	KeysInUse bool     `json:"keys_in_use" doc:"Whether there is anything to sign out of."`
}

// Problem is an error (RFC 9457).
type Problem struct {
	Type      string         `json:"type" doc:"Always about:blank."`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail" doc:"What is wrong and what to do next, for a person."`
	Code      string         `json:"code" doc:"Stable, for programs."`
	RequestID string         `json:"request_id" doc:"Also in the header X-Request-Id and in the log."`
	Errors    []FieldProblem `json:"errors,omitempty" nullable:"false" doc:"What is wrong where, for a request that does not validate."`
}

// FieldProblem is one field that does not validate.
type FieldProblem struct {
	Location string `json:"location" doc:"Such as body.filter.language."`
	Message  string `json:"message"`
}

// SignIn asks for a session.
type SignIn struct {
	Key string `json:"key" doc:"An API key." maxLength:"200"`
}
