package ask

import (
	"context"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/rest"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

type searchInput struct{ Body api.SearchRequest }

type searchOutput struct{ Body api.SearchResponse }

func (s *service) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	req := in.Body
	if err := checkText("query", req.Query); err != nil {
		return nil, err
	}
	key := access.From(ctx).Key
	if err := checkTime(key, req.AsOf); err != nil {
		return nil, err
	}
	bases, err := rest.Choose(ctx, s.opt.Bases, req.KB...)
	if err != nil {
		return nil, err
	}
	q := kb.Search{
		KBs: bases, Text: req.Query, Audience: key.Audience,
		Filter: req.Filter.KB(), AsOf: req.AsOf, Limit: req.Limit,
	}
	if q.AsOf.IsZero() {
		q.AsOf = s.opt.Now().UTC()
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	found, err := s.opt.Searcher.Retrieve(ctx, q)
	if err != nil {
		return nil, err
	}
	return &searchOutput{api.FromRetrieved(found, req.Explain)}, nil
}

type modelsOutput struct{ Body api.Models }

func (s *service) models(_ context.Context, in *rest.Paging) (*modelsOutput, error) {
	var out api.Models
	out.Models, out.Next = rest.Page(s.opt.Models, *in, func(m api.Model) string { return m.Name })
	return &modelsOutput{out}, nil
}

type stylesOutput struct{ Body api.Styles }

func (s *service) styles(context.Context, *struct{}) (*stylesOutput, error) {
	st := s.opt.Styles()
	var chosen prompts.Style
	if s.opt.DefaultStyle != nil {
		chosen = s.opt.DefaultStyle()
	}
	return &stylesOutput{api.Styles{
		Tones: choices(st.Tones, chosen.Tone), Formats: choices(st.Formats, chosen.Format),
		Lengths: choices(st.Lengths, chosen.Length), Languages: choices(st.Languages, chosen.Language),
	}}, nil
}

func choices(list []prompts.Choice, chosen string) []api.Choice {
	out := make([]api.Choice, len(list))
	for i, c := range list {
		out[i] = api.Choice{Name: c.Name, Description: c.Description, Default: c.Name == chosen}
	}
	return out
}
