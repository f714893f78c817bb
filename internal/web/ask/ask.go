// Package ask serves what people ask: answers whole or as a stream, searches,
// feedback and conversations.
package ask

import (
	"context"
	"log/slog"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/metrics"
	"github.com/askdesk/askdesk/internal/web/rest"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// Answerer writes answers.
type Answerer interface {
	// Answer emits the passages, then checked sentences, and returns the whole.
	// An unknown style or model is a kb.Invalid error before anything is emitted.
	// A cancelled context ends it soon.
	Answer(ctx context.Context, q answer.Question, emit func(answer.Event) error) (answer.Answer, error)
}

// Records keeps answers.
type Records interface {
	// SaveAnswer stores an answer, and begins its conversation with the title or
	// brings it up to date, which keeps its title. A conversation of another owner
	// is a kb.NotFound error.
	SaveAnswer(ctx context.Context, title string, r kb.Record) error
	// Answer returns an owner's answer, or a kb.NotFound error.
	Answer(ctx context.Context, owner, id string) (kb.Record, error)
	// Answers are the last limit of an owner's conversation, oldest first.
	Answers(ctx context.Context, owner, conversation string, limit int) ([]kb.Record, error)
}

// Conversations are threads of answers.
type Conversations interface {
	// Conversation returns an owner's conversation, or a kb.NotFound error.
	Conversation(ctx context.Context, owner, id string) (kb.Conversation, error)
	// Conversations lists up to limit of an owner's, the latest updated first,
	// from the one after the cursor; next is "" at the end.
	Conversations(ctx context.Context, owner, cursor string, limit int) (list []kb.Conversation, next string, err error)
	// DeleteConversations deletes those with the ids, or all of the owner's where
	// there is none, with their answers and feedback, and says how many.
	DeleteConversations(ctx context.Context, owner string, ids ...string) (int, error)
}

// Feedback is what people think of answers.
type Feedback interface {
	// SaveFeedback replaces the owner's feedback on an answer. An unknown answer is
	// a kb.NotFound error.
	SaveFeedback(ctx context.Context, f kb.Feedback) error
	// Feedback returns an owner's feedback on answers, by answer.
	Feedback(ctx context.Context, owner string, answers ...string) (map[string]kb.Feedback, error)
}

// Options say what is asked of whom. All are required but DefaultStyle.
type Options struct {
	Answerer      Answerer
	Searcher      answer.Retriever
	Bases         rest.Bases
	Records       Records
	Conversations Conversations
	Feedback      Feedback

	Models       []api.Model
	Styles       func() prompts.Styles
	DefaultStyle func() prompts.Style // nil: none is marked as the default

	Slots      int           // answers written at once
	AnswerTime time.Duration // that an answer may take
	KeepAlive  time.Duration // between comments in a silent stream

	Metrics *metrics.Metrics
	Log     *slog.Logger
	Now     func() time.Time
}

type service struct {
	opt   Options
	rest  *rest.API
	slots chan struct{} // one for each answer that is being written
}

// Register adds the endpoints to the API.
func Register(a *rest.API, opt Options) {
	s := &service{opt: opt, rest: a, slots: make(chan struct{}, opt.Slots)}
	rest.Handle(a, rest.Op{Route: "POST /v1/answers", ID: "ask", Summary: "Ask a question", Tag: "answers", Responses: answers(a)}, s.ask)
	rest.Handle(a, rest.Op{Route: "GET /v1/answers/{id}", ID: "answer", Summary: "An answer again", Tag: "answers"}, s.answer)
	rest.Handle(a, rest.Op{Route: "POST /v1/answers/{id}/feedback", ID: "feedback", Summary: "Thumb an answer up or down", Tag: "answers"}, s.giveFeedback)
	rest.Handle(a, rest.Op{Route: "POST /v1/search", ID: "search", Summary: "Find passages", Tag: "search"}, s.search)

	rest.Handle(a, rest.Op{Route: "GET /v1/conversations", ID: "conversations", Summary: "One's conversations, the latest first", Tag: "conversations"}, s.conversations)
	rest.Handle(a, rest.Op{Route: "DELETE /v1/conversations", ID: "delete-conversations", Summary: "Delete all of one's conversations", Tag: "conversations"}, s.deleteConversations)
	rest.Handle(a, rest.Op{Route: "GET /v1/conversations/{id}", ID: "conversation", Summary: "A conversation with its answers", Tag: "conversations"}, s.conversation)
	rest.Handle(a, rest.Op{Route: "DELETE /v1/conversations/{id}", ID: "delete-conversation", Summary: "Delete a conversation with its answers", Tag: "conversations"}, s.deleteConversation)

	rest.Handle(a, rest.Op{Route: "GET /v1/models", ID: "models", Summary: "Models to choose from", Tag: "choices"}, s.models)
	rest.Handle(a, rest.Op{Route: "GET /v1/styles", ID: "styles", Summary: "Tones, formats, lengths and languages to choose from", Tag: "choices"}, s.styles)
}

// answers describes both forms of an answer, which huma cannot tell from a type.
func answers(a *rest.API) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {
		Description: "The answer, or with stream: true the events passages, delta, done and error.",
		Content: map[string]*huma.MediaType{
			"application/json":  {Schema: rest.Schema[api.Answer](a)},
			"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}},
		},
	}}
}
