// Package web is the HTTP face of Askdesk: the API, the pages, and what stands
// between them and the world: keys, limits, errors, metrics and a stop that lets
// running answers finish.
package web

import (
	"context"
	"log/slog"
	"time"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/metrics"
	"github.com/askdesk/askdesk/internal/web/pages"
	"github.com/askdesk/askdesk/internal/web/upload"
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

// Bases are the knowledge bases.
type Bases interface {
	// Bases lists them by name.
	Bases(ctx context.Context) ([]kb.Base, error)
	// CreateBase makes one. A name that is taken is a kb.Conflict error.
	CreateBase(ctx context.Context, name string) (kb.Base, error)
	// DeleteBase removes one with all it holds. An unknown one is kb.NotFound.
	DeleteBase(ctx context.Context, name string) error
}

// Documents reads the manifest and what was read in a document.
type Documents interface {
	// Document returns one; an unknown id is a kb.NotFound error.
	Document(ctx context.Context, id string) (kb.DocumentInfo, error)
	// List returns up to limit documents of a base by id, from the first whose id
	// is greater than after.
	List(ctx context.Context, base, after string, limit int) ([]kb.DocumentInfo, error)
	// Text is a document's extracted text. One that has none is kb.NotFound.
	Text(ctx context.Context, base, id string) (string, error)
}

// Uploads takes documents in and out.
type Uploads interface {
	// Submit queues a file, replacing what has the same place, and returns its
	// state. The data may be kept. The base exists.
	Submit(ctx context.Context, f upload.File) (kb.DocumentInfo, error)
	// Remove deletes a document that was listed by id, at once for every reader.
	Remove(ctx context.Context, base, id string) error
}

// Records keeps answers.
type Records interface {
	// SaveAnswer stores an answer, and begins its conversation or brings it up to
	// date. A conversation of another owner is a kb.NotFound error.
	SaveAnswer(ctx context.Context, r kb.Record) error
	// Answer returns an owner's answer, or a kb.NotFound error.
	Answer(ctx context.Context, owner, id string) (kb.Record, error)
	// Answers are those of an owner's conversation, oldest first, with at most the
	// last limit.
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
	// SaveFeedback replaces the owner's feedback on an answer.
	SaveFeedback(ctx context.Context, f kb.Feedback) error
	// Feedback returns an owner's feedback on answers, by answer.
	Feedback(ctx context.Context, owner string, answers ...string) (map[string]kb.Feedback, error)
}

// Options of a Server. What is an interface is required; every other zero value
// is a default.
type Options struct {
	Answerer      Answerer
	Searcher      answer.Retriever
	Bases         Bases
	Documents     Documents
	Uploads       Uploads
	Records       Records
	Conversations Conversations
	Feedback      Feedback
	Keys          access.Keys
	Sessions      access.Sessions

	Models []api.Model           // that a request may choose
	Styles func() prompts.Styles // that a request may choose
	// DefaultStyle is what a request without a style gets; nil: /v1/styles marks none.
	DefaultStyle func() prompts.Style
	Ready        func(context.Context) error // why the service cannot answer now; nil: it always can
	Pages        pages.Options               // Version and Viewer are filled in

	NoAuth   bool // ask nobody for a key
	Loopback bool // ask for no key as long as there is none

	Rate       float64       // requests a second that a key or address may send; 20
	Burst      int           // requests at once; 200
	Answers    int           // answers written at once; 32
	MaxUpload  int64         // bytes of an uploaded file; 50 MiB
	AnswerTime time.Duration // that an answer may take; 3 minutes
	DrainTime  time.Duration // that live answers get when the service stops; 20 seconds
	KeepAlive  time.Duration // between comments in a silent stream; 15 seconds

	Version string
	Metrics *metrics.Metrics // a new one if nil
	Log     *slog.Logger     // silent if nil
	Now     func() time.Time // time.Now if nil
}

func (o Options) withDefaults() Options {
	set(&o.Rate, 20)
	set(&o.Burst, 200)
	set(&o.Answers, 32)
	set(&o.MaxUpload, 50<<20)
	set(&o.AnswerTime, 3*time.Minute)
	set(&o.DrainTime, 20*time.Second)
	set(&o.KeepAlive, 15*time.Second)
	set(&o.Version, "dev")
	if o.Metrics == nil {
		o.Metrics = metrics.New()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func set[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}
