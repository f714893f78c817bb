// Package library serves what is asked from: documents and knowledge bases.
package library

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/metrics"
	"github.com/askdesk/askdesk/internal/web/rest"
	"github.com/askdesk/askdesk/internal/web/upload"
	"github.com/askdesk/askdesk/kb"
)

// Bases are the knowledge bases.
type Bases interface {
	rest.Bases
	// CreateBase makes one. A name that is taken is a kb.Conflict error.
	CreateBase(ctx context.Context, name string) (kb.Base, error)
	// DeleteBase removes one with all it holds. An unknown one is kb.NotFound.
	DeleteBase(ctx context.Context, name string) error
}

// Documents reads the manifest and what was read in a document.
type Documents interface {
	// Document returns one; an unknown id is a kb.NotFound error.
	Document(ctx context.Context, id string) (kb.DocumentInfo, error)
	// List returns a page of the documents that a reader sees, by id.
	List(ctx context.Context, l kb.Listing) ([]kb.DocumentInfo, error)
	// Text is a document as it is searched, with its extracted text. One that is
	// not is kb.NotFound.
	Text(ctx context.Context, base, id string) (kb.Document, error)
}

// Uploads takes documents in and out.
type Uploads interface {
	// Submit queues a file, replacing what has the same place, and returns its
	// state. The base exists; the file is closed by the caller.
	Submit(ctx context.Context, f *upload.File) (kb.DocumentInfo, error)
	// Remove deletes a document that was listed by id, at once for every reader.
	Remove(ctx context.Context, base, id string) error
}

// Options of the endpoints. All but UploadDir are required.
type Options struct {
	Bases     Bases
	Documents Documents
	Uploads   Uploads
	MaxUpload int64  // bytes of an uploaded file
	UploadDir string // keeps one while it comes; "" is the system's for temporary files
	Metrics   *metrics.Metrics
	Now       func() time.Time
}

type service struct {
	opt  Options
	rest *rest.API
}

const uploadTime = 10 * time.Minute // to send a file

// Register adds the endpoints to the API.
func Register(a *rest.API, opt Options) {
	s := &service{opt: opt, rest: a}
	rest.Handle(a, rest.Op{Route: "GET /v1/documents", ID: "documents", Summary: "Documents of a knowledge base", Tag: "documents"}, s.documents)
	rest.Handle(a, rest.Op{Route: "POST /v1/documents", ID: "upload", Summary: "Upload a document", Tag: "documents", Status: http.StatusAccepted}, s.upload)
	rest.Handle(a, rest.Op{Route: "GET /v1/documents/{id}", ID: "document", Summary: "A document", Tag: "documents"}, s.document)
	rest.Handle(a, rest.Op{Route: "DELETE /v1/documents/{id}", ID: "delete-document", Summary: "Delete a document", Tag: "documents"}, s.deleteDocument)
	// Told before, huma would read the form itself.
	a.Huma.OpenAPI().Paths["/v1/documents"].Post.RequestBody = uploadForm()

	rest.Handle(a, rest.Op{Route: "GET /v1/knowledge-bases", ID: "knowledge-bases", Summary: "Knowledge bases", Tag: "knowledge bases"}, s.bases)
	rest.Handle(a, rest.Op{Route: "POST /v1/knowledge-bases", ID: "create-knowledge-base", Summary: "Make a knowledge base", Tag: "knowledge bases", Status: http.StatusCreated}, s.createBase)
	rest.Handle(a, rest.Op{Route: "DELETE /v1/knowledge-bases/{name}", ID: "delete-knowledge-base", Summary: "Delete a knowledge base and its documents", Tag: "knowledge bases"}, s.deleteBase)
}

type documentsInput struct {
	rest.Paging
	KB string `query:"kb" doc:"A knowledge base; by default the only one, or the one named default."`
}

type documentsOutput struct{ Body api.Documents }

func (s *service) documents(ctx context.Context, in *documentsInput) (*documentsOutput, error) {
	bases, err := rest.Choose(ctx, s.opt.Bases, wanted(in.KB)...)
	if err != nil {
		return nil, err
	}
	list, err := s.opt.Documents.List(ctx, kb.Listing{KB: bases[0], Reader: s.reader(ctx), After: in.Cursor, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	var out api.Documents
	if len(list) > in.Limit {
		list = list[:in.Limit]
		out.Next = list[in.Limit-1].ID
	}
	out.Documents = make([]api.Document, len(list))
	for i, d := range list {
		out.Documents[i] = api.FromDocument(d)
	}
	return &documentsOutput{out}, nil
}

// reader is who is asking.
func (s *service) reader(ctx context.Context) kb.Reader {
	return kb.Reader{Audience: access.From(ctx).Key.Audience, Now: s.opt.Now()}
}

func wanted(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

type documentInput struct {
	rest.ByID
	Text bool `query:"text" doc:"Add what was read, as Markdown."`
}

type documentOutput struct{ Body api.Document }

func (s *service) document(ctx context.Context, in *documentInput) (*documentOutput, error) {
	d, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := api.FromDocument(d)
	if in.Text && d.Chunks > 0 {
		whole, err := s.opt.Documents.Text(ctx, d.KB, d.ID)
		if err != nil {
			return nil, err
		}
		// The index may be a moment ahead of the manifest, or behind it.
		if !s.reader(ctx).Sees(&whole) {
			return nil, noDocument(in.ID)
		}
		out.Text = whole.Text
	}
	return &documentOutput{out}, nil
}

// find returns a document that the caller may see; any other does not exist.
func (s *service) find(ctx context.Context, id string) (kb.DocumentInfo, error) {
	d, err := s.opt.Documents.Document(ctx, id)
	if err != nil {
		return d, err
	}
	if !access.From(ctx).Key.MayUse(d.KB) || !s.reader(ctx).Sees(&d.Document) {
		return d, noDocument(id)
	}
	return d, nil
}

func noDocument(id string) error {
	return kb.Errorf(kb.NotFound, "There is no document %q. It may have been deleted; list the documents to see those that exist.", id)
}

func (s *service) deleteDocument(ctx context.Context, in *rest.ByID) (*struct{}, error) {
	d, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.opt.Uploads.Remove(ctx, d.KB, d.ID)
}

// upload reads its form by itself: a file never lies in memory, and its name is
// seen as it was sent.
func (s *service) upload(ctx context.Context, in *rest.Requested) (*documentOutput, error) {
	s.rest.Deadlines(in.Writer(), uploadTime, 0)
	f, err := upload.Read(in.Writer(), in.Request(), upload.Limits{Bytes: s.opt.MaxUpload, Dir: s.opt.UploadDir})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := f.Close(); err != nil {
			s.rest.Log.Warn("remove an upload that was taken", "error", err)
		}
	}()
	s.rest.Deadlines(in.Writer(), 0, 0)
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
func (s *service) uploadBase(ctx context.Context, name string) (string, error) {
	have, err := rest.Usable(ctx, s.opt.Bases)
	if err != nil {
		return "", err
	}
	if len(have) == 0 && (name == "" || name == rest.DefaultBase) && access.From(ctx).Key.MayUse(rest.DefaultBase) {
		_, err := s.opt.Bases.CreateBase(ctx, rest.DefaultBase)
		if err != nil && kb.CodeOf(err) != kb.Conflict {
			return "", err
		}
		return rest.DefaultBase, nil
	}
	bases, err := rest.Choose(ctx, s.opt.Bases, wanted(name)...)
	if err != nil {
		return "", err
	}
	return bases[0], nil
}

type basesOutput struct{ Body api.KnowledgeBases }

func (s *service) bases(ctx context.Context, in *rest.Paging) (*basesOutput, error) {
	all, err := rest.Usable(ctx, s.opt.Bases)
	if err != nil {
		return nil, err
	}
	list, next := rest.Page(all, *in, func(b kb.Base) string { return b.Name })
	out := api.KnowledgeBases{KnowledgeBases: make([]api.KnowledgeBase, len(list)), Next: next}
	for i, b := range list {
		out.KnowledgeBases[i] = api.FromBase(b)
	}
	return &basesOutput{out}, nil
}

type createBaseInput struct{ Body api.NewKnowledgeBase }

type baseOutput struct{ Body api.KnowledgeBase }

func (s *service) createBase(ctx context.Context, in *createBaseInput) (*baseOutput, error) {
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

func (s *service) deleteBase(ctx context.Context, in *nameInput) (*struct{}, error) {
	if _, err := rest.Choose(ctx, s.opt.Bases, in.Name); err != nil {
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
