package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// finding is what the doctor says of one thing.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Text  string `json:"text"` // what is there, or what to fix
}

func (a *app) doctorCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Test folder, index, Qdrant, reader, prompts, synonyms, models, embedder and reranker, and say what to fix",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withService(c, func(ctx context.Context, s *service) error {
				list := s.examine(ctx)
				if asJSON {
					if err := a.printJSON(list); err != nil {
						return err
					}
				}
				bad := 0
				for _, f := range list {
					mark := "ok  "
					if !f.OK {
						mark = "FIX "
						bad++
					}
					if !asJSON {
						a.printf("%s %-22s %s\n", mark, f.Check, f.Text)
					}
				}
				if bad > 0 {
					return kb.Errorf(kb.Unavailable, "%d of %d checks failed; what to fix is said above", bad, len(list))
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// examine tries everything the service needs. Opening the folder has worked by then.
func (s *service) examine(ctx context.Context) []finding {
	list := []finding{{"data folder", true, s.state.Dir()}}
	if s.watch != nil {
		list = append(list, s.examineServer(ctx))
	}
	list = append(list, s.examineBases(ctx)...)
	list = append(list, s.examineReader(ctx), s.examinePrompts(), s.examineSynonyms())
	for _, name := range s.cfg.EmbedderNames() {
		list = append(list, s.examineEmbedder(ctx, name))
	}
	if s.reranker != nil {
		list = append(list, s.examineReranker(ctx))
	}
	for _, name := range slices.Sorted(maps.Keys(s.models)) {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		err := s.models[name].Check(ctx)
		cancel()
		text := fmt.Sprintf("%s answers with %s", s.cfg.Models[name].BaseURL, s.cfg.Models[name].Model)
		list = append(list, found("model "+name, text, err))
	}
	return list
}

func found(check, text string, err error) finding {
	if err != nil {
		return finding{check, false, describe(err)}
	}
	return finding{check, true, text}
}

func (s *service) examineServer(ctx context.Context) finding {
	version, err := s.watch.ask(ctx)
	key := "takes the key"
	if s.cfg.Index.Qdrant.APIKey == "" {
		key = "asks for no key"
	}
	return found("qdrant", fmt.Sprintf("%s is Qdrant %s, and %s", s.cfg.Index.Qdrant.Address, version, key), err)
}

func (s *service) examineBases(ctx context.Context) []finding {
	bases, err := s.state.Bases(ctx)
	if err != nil || len(bases) == 0 {
		return []finding{found("knowledge bases", "none yet, this makes one: "+typed(s.program, "ingest PATH", s.folder), err)}
	}
	var list []finding
	for _, b := range bases {
		_, err := s.promised().Search(ctx, kb.Query{KB: b.Name, Text: "test", Audience: kb.Agent, AsOf: s.now(), Depth: 1})
		if err == nil {
			err = s.examineIndex(ctx, b.Name)
		}
		if err == nil {
			_, err = s.embedders.Embedding(ctx, b.Name)
		}
		var apart string
		if err == nil {
			apart, err = s.apart(ctx, b.Name)
		}
		list = append(list, found("index of "+b.Name, fmt.Sprintf("%s, %s%s",
			plural(b.Documents, "document", "documents"), plural(b.Chunks, "chunk", "chunks"), apart), err))
	}
	return list
}

// apart counts the documents of a base that answer nothing now. They are no
// fault of the service, so that it only names them.
func (s *service) apart(ctx context.Context, base string) (string, error) {
	var failed, expired, early int
	now := s.now()
	page := kb.Listing{KB: base, Reader: kb.Reader{Audience: kb.Agent}, Limit: 1000}
	for {
		list, err := s.state.List(ctx, page)
		if err != nil {
			return "", err
		}
		for _, d := range list {
			switch {
			case d.Status == kb.Failed:
				failed++
			case now.Before(d.ValidFrom):
				early++
			case !d.ValidAt(now):
				expired++
			}
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].ID
	}
	var text string
	for _, part := range []struct {
		n    int
		what string
	}{{failed, "failed"}, {expired, "expired"}, {early, "not yet valid"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	return text, nil
}

func (s *service) examineReader(ctx context.Context) finding {
	doc, err := s.reader.Read(ctx, extract.Input{Path: "test.pdf", Data: []byte(onePage)})
	return found("reader of PDF and DOCX", "the child process reads a page with "+doc.Engine, err)
}

// onePage is a PDF with one word on one page. It has no cross-reference table,
// which readers make up for.
const onePage = `%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R
/Resources <</Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>>> endobj
4 0 obj <</Length 37>> stream
BT /F 24 Tf 20 40 Td (readable) Tj ET
endstream endobj
trailer <</Root 1 0 R>>
%%EOF
`

func (s *service) examinePrompts() finding {
	if problems := prompts.Check(s.cfg.Data); len(problems) > 0 {
		return finding{"prompts", false, problems[0].Error() + "; see: askdesk prompts check"}
	}
	return finding{"prompts", true, "no mistakes"}
}

func (s *service) examineEmbedder(ctx context.Context, name string) finding {
	check := "embedder"
	if name != config.MainEmbedder {
		check += " " + name
	}
	_, one, err := s.embedders.named(name, s.cfg)
	if one.Embedder == nil {
		return found(check, "none, as configured: the search is lexical", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	_, err = one.Embed(ctx, kb.EmbedQuery, []string{"test"})
	return found(check, one.Model(), err)
}

// examineReranker asks for as much as a question does: a reranker that answers a
// word in time may be too slow for twenty passages.
func (s *service) examineReranker(ctx context.Context) finding {
	r := s.cfg.Reranker
	passages := make([]string, r.Top)
	for i := range passages {
		passages[i] = fmt.Sprintf("Passage %d. %s", i, strings.Repeat("It is as long as they are at most, and says nothing. ", 25))
	}
	_, err := s.reranker.Rerank(ctx, "test", passages)
	return found("reranker", fmt.Sprintf("%s orders %d passages with %s", r.BaseURL, r.Top, r.Model), err)
}
