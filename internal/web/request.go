package web

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// requested gives a handler the request itself.
type requested struct {
	request *http.Request
	writer  http.ResponseWriter
}

// Resolve implements huma.Resolver.
func (r *requested) Resolve(ctx huma.Context) []error {
	c := humaecho.Unwrap(ctx)
	r.request, r.writer = c.Request(), c.Response()
	return nil
}

// paging are the parameters of every list.
type paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items on a page."`
	Cursor string `query:"cursor" maxLength:"500" doc:"Where the page begins: next of the page before."`
}

func schema[T any](r huma.Registry) *huma.Schema {
	t := reflect.TypeFor[T]()
	return r.Schema(t, true, t.Name())
}

// page cuts a list that is sorted by name to the page that paging asks for.
func page[T any](all []T, p paging, name func(T) string) (list []T, next string) {
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

// usable are the knowledge bases that the caller's key opens, by name.
func (s *Server) usable(ctx context.Context) ([]kb.Base, error) {
	all, err := s.opt.Bases.Bases(ctx)
	if err != nil {
		return nil, err
	}
	key := access.From(ctx).Key
	return slices.DeleteFunc(all, func(b kb.Base) bool { return !key.MayUse(b.Name) }), nil
}

// choose turns the knowledge bases that a request names into those that it means.
func (s *Server) choose(ctx context.Context, wanted []string) ([]string, error) {
	all, err := s.usable(ctx)
	if err != nil {
		return nil, err
	}
	have := names(all)
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

const defaultBase = "default"

func byDefault(have []string) ([]string, error) {
	switch {
	case len(have) == 0:
		return nil, kb.Errorf(kb.NotFound, "There is no knowledge base yet. Upload a document, or run: askdesk ingest PATH")
	case len(have) == 1:
		return have, nil
	case slices.Contains(have, defaultBase):
		return []string{defaultBase}, nil
	}
	return nil, kb.Errorf(kb.Invalid, "There are several knowledge bases: say in kb which one. There is: %s.", strings.Join(have, ", "))
}

func noBase(name string, have []string) error {
	if len(have) == 0 {
		return kb.Errorf(kb.NotFound, "There is no knowledge base %q, and none at all yet. Upload a document, or run: askdesk ingest PATH", name)
	}
	return kb.Errorf(kb.NotFound, "There is no knowledge base %q. There is: %s.", name, strings.Join(have, ", "))
}

func names[T kb.Base | prompts.Choice](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		switch v := any(v).(type) {
		case kb.Base:
			out[i] = v.Name
		case prompts.Choice:
			out[i] = v.Name
		}
	}
	return out
}

func errStopping() error {
	return kb.Errorf(kb.Unavailable, "The service is stopping. Try again in a moment.")
}

// unready is err as a reason to try again later.
func unready(err error) error {
	if kb.CodeOf(err) != kb.Internal {
		return err
	}
	return kb.Wrap(kb.Unavailable, err, "The service is not ready yet. Try again in a moment.")
}

func isUnauthorized(err error) bool { return kb.CodeOf(err) == kb.Unauthorized }
