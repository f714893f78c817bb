package rest

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/kb"
)

// Requested gives a handler the request itself.
type Requested struct {
	request *http.Request
	writer  http.ResponseWriter
}

// Resolve implements huma.Resolver.
func (r *Requested) Resolve(ctx huma.Context) []error {
	c := humaecho.Unwrap(ctx)
	r.request, r.writer = c.Request(), c.Response()
	return nil
}

// Request is the request.
func (r *Requested) Request() *http.Request { return r.request }

// Writer is where its response goes.
func (r *Requested) Writer() http.ResponseWriter { return r.writer }

// Paging are the parameters of every list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items on a page."`
	Cursor string `query:"cursor" maxLength:"500" doc:"Where the page begins: next of the page before."`
}

// ByID is the parameter of what is asked for by its id.
type ByID struct {
	ID string `path:"id" maxLength:"64"`
}

// Page cuts a list that is sorted by name to the page that is asked for. Next is
// the cursor of the page after, "" on the last.
func Page[T any](all []T, p Paging, name func(T) string) (list []T, next string) {
	start := 0
	if p.Cursor != "" {
		start, _ = slices.BinarySearchFunc(all, p.Cursor, func(v T, cursor string) int {
			if name(v) <= cursor {
				return -1
			}
			return 1
		})
	}
	all = all[start:]
	if len(all) > p.Limit {
		return all[:p.Limit], name(all[p.Limit-1])
	}
	return all, ""
}

// DefaultBase is the knowledge base that is meant where there are several and
// none is named.
const DefaultBase = "default"

// Bases lists the knowledge bases by name. The caller owns the list.
type Bases interface {
	Bases(ctx context.Context) ([]kb.Base, error)
}

// Usable are the knowledge bases that the caller's key opens, by name.
func Usable(ctx context.Context, b Bases) ([]kb.Base, error) {
	all, err := b.Bases(ctx)
	if err != nil {
		return nil, err
	}
	key := access.From(ctx).Key
	return slices.DeleteFunc(all, func(b kb.Base) bool { return !key.MayUse(b.Name) }), nil
}

// Choose turns the knowledge bases that a request names into those that it means:
// at least one, each once.
func Choose(ctx context.Context, b Bases, wanted ...string) ([]string, error) {
	all, err := Usable(ctx, b)
	if err != nil {
		return nil, err
	}
	have := make([]string, len(all))
	for i, b := range all {
		have[i] = b.Name
	}
	if len(wanted) == 0 {
		return byDefault(have)
	}
	var chosen []string
	for _, name := range wanted {
		if !slices.Contains(have, name) {
			return nil, noBase(name, have)
		}
		if !slices.Contains(chosen, name) {
			chosen = append(chosen, name)
		}
	}
	return chosen, nil
}

func byDefault(have []string) ([]string, error) {
	switch {
	case len(have) == 0:
		return nil, kb.Errorf(kb.NotFound, "There is no knowledge base yet. Upload a document, or run: askdesk ingest PATH")
	case len(have) == 1:
		return have, nil
	case slices.Contains(have, DefaultBase):
		return []string{DefaultBase}, nil
	}
	return nil, kb.Errorf(kb.Invalid, "There are several knowledge bases: say in kb which one. There is: %s.", strings.Join(have, ", "))
}

func noBase(name string, have []string) error {
	if len(have) == 0 {
		return kb.Errorf(kb.NotFound, "There is no knowledge base %q, and none at all yet. Upload a document, or run: askdesk ingest PATH", name)
	}
	return kb.Errorf(kb.NotFound, "There is no knowledge base %q. There is: %s.", name, strings.Join(have, ", "))
}
