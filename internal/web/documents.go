package web

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/upload"
	"github.com/askdesk/askdesk/kb"
)

type documentsInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Items on a page."`
	Cursor string `query:"cursor" maxLength:"500" doc:"Where the page begins: next of the page before."`
	KB     string `query:"kb" doc:"A knowledge base; by default the only one, or the one named default."`
}

type documentsOutput struct{ Body api.Documents }

func (s *Server) documents(ctx context.Context, in *documentsInput) (*documentsOutput, error) {
	bases, err := s.choose(ctx, wanted(in.KB))
	if err != nil {
		return nil, err
	}
	out := api.Documents{Documents: []api.Document{}}
	reader := access.From(ctx).Key.Audience
	// Documents that the caller may not see are skipped, so a page may take more
	// than one look.
	for after := in.Cursor; ; {
		list, err := s.opt.Documents.List(ctx, bases[0], after, in.Limit+1)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			if !reader.May(d.Audience) {
				continue
			}
			if len(out.Documents) == in.Limit {
				out.Next = out.Documents[in.Limit-1].ID
				return &documentsOutput{out}, nil
			}
			out.Documents = append(out.Documents, api.FromDocument(d))
		}
		if len(list) <= in.Limit {
			return &documentsOutput{out}, nil
		}
		after = list[len(list)-1].ID
	}
}

func wanted(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

type documentInput struct {
	ID   string `path:"id" maxLength:"64"`
	Text bool   `query:"text" doc:"Add what was read, as Markdown."`
}

type documentOutput struct{ Body api.Document }

func (s *Server) document(ctx context.Context, in *documentInput) (*documentOutput, error) {
	d, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := api.FromDocument(d)
	if in.Text && d.Chunks > 0 {
		if out.Text, err = s.opt.Documents.Text(ctx, d.KB, d.ID); err != nil {
			return nil, err
		}
	}
	return &documentOutput{out}, nil
}

// find returns a document that the caller may see; any other does not exist.
func (s *Server) find(ctx context.Context, id string) (kb.DocumentInfo, error) {
	d, err := s.opt.Documents.Document(ctx, id)
	if err != nil {
		return d, err
	}
	key := access.From(ctx).Key
	if !key.MayUse(d.KB) || !key.Audience.May(d.Audience) {
		return d, kb.Errorf(kb.NotFound, "There is no document %q. It may have been deleted; list the documents to see those that exist.", id)
	}
	return d, nil
}

func (s *Server) deleteDocument(ctx context.Context, in *idInput) (*struct{}, error) {
	d, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.opt.Uploads.Remove(ctx, d.KB, d.ID)
}

// upload reads its form by itself: a file never lies in memory twice, and its
// name is seen as it was sent.
func (s *Server) upload(ctx context.Context, in *requested) (*documentOutput, error) {
	s.deadlines(in.writer, uploadTime, 0)
	f, err := upload.Read(in.writer, in.request, s.opt.MaxUpload)
	if err != nil {
		return nil, err
	}
	s.deadlines(in.writer, 0, 0)
	if f.Document.KB, err = s.uploadBase(ctx, f.Document.KB); err != nil {
		return nil, err
	}
	d, err := s.opt.Uploads.Submit(ctx, f)
	if err != nil {
		return nil, err
	}
	s.opt.Metrics.Document(d.Status)
	return &documentOutput{api.FromDocument(d)}, nil
}

// uploadBase is where an upload goes. The first one of a service that holds
// nothing yet makes the knowledge base that it goes to.
func (s *Server) uploadBase(ctx context.Context, name string) (string, error) {
	have, err := s.usable(ctx)
	if err != nil {
		return "", err
	}
	if len(have) == 0 && (name == "" || name == defaultBase) && access.From(ctx).Key.MayUse(defaultBase) {
		_, err := s.opt.Bases.CreateBase(ctx, defaultBase)
		if err != nil && kb.CodeOf(err) != kb.Conflict {
			return "", err
		}
		return defaultBase, nil
	}
	bases, err := s.choose(ctx, wanted(name))
	if err != nil {
		return "", err
	}
	return bases[0], nil
}

type basesOutput struct{ Body api.KnowledgeBases }

func (s *Server) bases(ctx context.Context, in *paging) (*basesOutput, error) {
	all, err := s.usable(ctx)
	if err != nil {
		return nil, err
	}
	list, next := page(all, *in, func(b kb.Base) string { return b.Name })
	out := api.KnowledgeBases{KnowledgeBases: make([]api.KnowledgeBase, len(list)), Next: next}
	for i, b := range list {
		out.KnowledgeBases[i] = api.FromBase(b)
	}
	return &basesOutput{out}, nil
}

type createBaseInput struct{ Body api.NewKnowledgeBase }

type baseOutput struct{ Body api.KnowledgeBase }

func (s *Server) createBase(ctx context.Context, in *createBaseInput) (*baseOutput, error) {
	if err := kb.CheckBaseName(in.Body.Name); err != nil {
		return nil, err
	}
	if key := access.From(ctx).Key; !key.MayUse(in.Body.Name) {
		return nil, kb.Errorf(kb.Forbidden, "The key %q is bound to other knowledge bases and cannot make %q.", key.Name, in.Body.Name)
	}
	b, err := s.opt.Bases.CreateBase(ctx, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return &baseOutput{api.FromBase(b)}, nil
}

type nameInput struct {
	Name string `path:"name" maxLength:"63"`
}

func (s *Server) deleteBase(ctx context.Context, in *nameInput) (*struct{}, error) {
	if _, err := s.choose(ctx, []string{in.Name}); err != nil {
		return nil, err
	}
	return nil, s.opt.Bases.DeleteBase(ctx, in.Name)
}

// uploadForm describes the form of an upload.
func uploadForm() *huma.RequestBody {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"multipart/form-data": {Schema: &huma.Schema{
			Type: huma.TypeObject, Required: []string{"file"},
			Properties: map[string]*huma.Schema{
				"file":        {Type: huma.TypeString, Format: "binary", Description: "The file."},
				"kb":          text("The knowledge base; by default the only one, or the one named default."),
				"source":      text("Name of its source; upload by default. The same source and path replace."),
				"path":        text("Path in the source; by default the file's name."),
				"title":       text("Here and below: what the file itself does not say."),
				"url":         text("Public address."),
				"audience":    {Type: huma.TypeString, Enum: []any{"public", "agent"}},
				"product":     text(""),
				"version":     text(""),
				"tags":        text("Separated by commas."),
				"language":    text("ISO 639-1 code."),
				"updated":     text("A date or an RFC 3339 time."),
				"valid_from":  text("A date or an RFC 3339 time."),
				"valid_until": text("A date or an RFC 3339 time."),
			},
		}},
	}}
}

// streamed describes both forms of an answer.
func streamed(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {
		Description: "The answer, or with stream: true the events passages, delta, done and error.",
		Content: map[string]*huma.MediaType{
			"application/json":  {Schema: &huma.Schema{Ref: "#/components/schemas/Answer"}},
			"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}},
		},
	}}
}
