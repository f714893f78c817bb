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
	"github.com/askdesk/askdesk/internal/web/ask"
	"github.com/askdesk/askdesk/internal/web/library"
	"github.com/askdesk/askdesk/internal/web/metrics"
	"github.com/askdesk/askdesk/internal/web/pages"
	"github.com/askdesk/askdesk/prompts"
)

// Options of a Server. What is an interface is required; every other zero value
// is a default.
type Options struct {
	Answerer      ask.Answerer
	Searcher      answer.Retriever
	Bases         library.Bases
	Documents     library.Documents
	Uploads       library.Uploads
	Records       ask.Records
	Conversations ask.Conversations
	Feedback      ask.Feedback
	Keys          access.Keys
	Sessions      access.Sessions

	Models []api.Model           // that a request may choose
	Styles func() prompts.Styles // that a request may choose
	// DefaultStyle is what a request without a style gets; nil: /v1/styles marks none.
	DefaultStyle func() prompts.Style
	// Ready is why the service cannot answer now; nil: it always can. Serve asks
	// once when it begins, so that what it loads is there before the first question.
	Ready func(context.Context) error
	Pages pages.Options // Version and Viewer are filled in

	NoAuth   bool // ask nobody for a key
	Loopback bool // ask for no key as long as there is none

	Rate       float64       // requests a second that a key or address may send; 20
	Burst      int           // requests at once; 20 times Rate, and at least 20
	Answers    int           // answers written at once; 32
	MaxUpload  int64         // bytes of an uploaded file; 50 MiB
	UploadDir  string        // keeps one while it comes; "" is the system's for temporary files
	BodyTime   time.Duration // to send a body that is no file; 30 seconds
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
	set(&o.Burst, max(20, int(20*o.Rate)))
	set(&o.Answers, 32)
	set(&o.MaxUpload, 50<<20)
	set(&o.BodyTime, 30*time.Second)
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
