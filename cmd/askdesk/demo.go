package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/internal/web/pages"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/testdata/helpcentre"
)

// demoBase is the demo's knowledge base and the name of its source.
const demoBase = "helpcentre"

func (a *app) demoCommand() *cobra.Command {
	var noBrowser bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Ingest a sample help centre and serve the chat page over it",
		Long: `Ingest the sample help centre of a made-up product and serve the chat page over it.
Needs no key, no network and no other program. The second time it ingests nothing.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, list, err := a.config(c)
			if err != nil {
				return err
			}
			if i := slices.IndexFunc(list, func(s config.Setting) bool { return s.Key == "data" }); list[i].From == "default" {
				cfg.Data = demoFolder()
			}
			cfg.Index.Kind = config.Local // it needs no other program
			return a.withConfig(c.Context(), cfg, func(ctx context.Context, s *service) error {
				if err := a.ingestDemo(ctx, s); err != nil {
					return err
				}
				listener, err := listenNear(cfg)
				if err != nil {
					return err
				}
				page, err := demoPage()
				if err != nil {
					return err
				}
				if !noBrowser {
					browse(ctx, address(listener.Addr()))
				}
				return a.serve(ctx, s, listener, page)
			})
		},
	}
	c.Flags().String("addr", "", "address to serve on, HOST:PORT (default 127.0.0.1:8080, or a free port if it is taken)")
	c.Flags().BoolVar(&noBrowser, "no-browser", false, "do not open a browser")
	return c
}

// demoFolder lies in the user's cache or, without a home, in the folder for
// temporary files, apart from other users' there.
func demoFolder() string {
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "askdesk", "demo")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("askdesk-demo-%d", os.Getuid()))
}

func (a *app) ingestDemo(ctx context.Context, s *service) error {
	root := filepath.Join(s.cfg.Data, "sample", demoBase)
	f := ingestFlags{kb: demoBase, prune: true, yes: true, before: func() error {
		if err := unpack(root); err != nil {
			return fmt.Errorf("write the sample help centre: %w", err)
		}
		return nil
	}}
	if _, err := s.state.Base(ctx, demoBase); kb.CodeOf(err) == kb.NotFound {
		a.notef("Reading the sample help centre. The first time takes a few seconds.\n")
	}
	reports, err := s.ingest(ctx, f, []string{root}, a.newProgress)
	a.noteReports(reports, err == nil)
	return err
}

// unpack writes the sample's articles to a folder that holds nothing else.
func unpack(root string) error {
	articles, err := fs.Sub(helpcentre.Files, "articles")
	if err != nil {
		return err
	}
	if err := os.RemoveAll(root); err != nil {
		return err
	}
	return os.CopyFS(root, articles)
}

// demoFile is the form of demo.yaml.
type demoFile struct {
	Product   string
	About     string
	Questions []struct{ Label, Title, Kind, After, Question string }
}

// demoPage is what the demo's page says and offers.
func demoPage() (pages.Options, error) {
	data, err := helpcentre.Files.ReadFile("demo.yaml")
	if err != nil {
		return pages.Options{}, err
	}
	var f demoFile
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		return pages.Options{}, fmt.Errorf("demo.yaml: %w", err)
	}
	opt := pages.Options{Demo: true}
	texts := map[string]string{}
	for _, q := range f.Questions {
		texts[q.Label] = q.Question
		opt.Examples = append(opt.Examples, pages.Example{
			Label: cmp.Or(q.Title, q.Question), Kind: q.Label, Text: q.Question, After: texts[q.After],
		})
	}
	return opt, nil
}
