package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/ingest/chunk"
	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) extractCommand() *cobra.Command {
	var chunks, asJSON bool
	c := &cobra.Command{
		Use:   "extract FILE",
		Short: "Show what Askdesk reads in a file, as Markdown or as chunks",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			cfg, _, err := a.config(c)
			if err != nil {
				return err
			}
			if err := readable(args[0], false); err != nil {
				return err
			}
			data, err := os.ReadFile(args[0])
			if err != nil {
				return kb.Wrap(kb.NotFound, err, "Cannot read %s", args[0])
			}
			reader := newReader(cfg, a.logger())
			defer func() { err = errors.Join(err, reader.Close()) }()
			doc, err := reader.Read(c.Context(), extract.Input{Path: filepath.Base(args[0]), Data: data})
			if err != nil {
				return err
			}
			for _, w := range doc.Warnings {
				a.notef("note: %s\n", w)
			}
			switch {
			case chunks:
				return a.printChunks(args[0], doc, asJSON)
			case asJSON:
				return a.printJSON(extracted{doc.Title, doc.Language, doc.Format, doc.Engine, append([]string{}, doc.Warnings...), pageForms(doc), doc.Text})
			}
			_, err = fmt.Fprintln(a.out, doc.Text)
			return err
		},
	}
	c.Flags().BoolVar(&chunks, "chunks", false, "show the chunks with their spans")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// extracted is what was read in a file, in JSON.
type extracted struct {
	Title    string     `json:"title"`
	Language string     `json:"language"`
	Format   string     `json:"format"`
	Engine   string     `json:"engine"`
	Warnings []string   `json:"warnings"`
	Pages    []pageForm `json:"pages"`
	Text     string     `json:"text"`
}

type pageForm struct {
	Number int `json:"number"`
	Start  int `json:"start"` // byte offset in the text
}

func pageForms(doc extract.Document) []pageForm {
	list := make([]pageForm, len(doc.Pages))
	for i, p := range doc.Pages {
		list[i] = pageForm{p.Number, p.Start}
	}
	return list
}

type chunkForm struct {
	Ordinal int      `json:"ordinal"`
	Heading []string `json:"heading"`
	Page    int      `json:"page"`
	Start   int      `json:"start"` // byte offsets in the text
	End     int      `json:"end"`
	Text    string   `json:"text"`
}

// readable refuses what is no file: a pipe or a device may never end.
func readable(path string, folders bool) error {
	info, err := os.Stat(path)
	switch {
	case path == "":
		return usageError{errors.New("a path is empty")}
	case err != nil:
		return kb.Wrap(kb.NotFound, err, "Cannot read %s", path)
	case info.Mode().IsRegular(), folders && info.IsDir():
		return nil
	}
	return kb.Errorf(kb.Invalid, "%s is not a file that can be read: name a document", path)
}

func (a *app) printChunks(path string, doc extract.Document, asJSON bool) error {
	pages := make([]chunk.Page, len(doc.Pages))
	for i, p := range doc.Pages {
		pages[i] = chunk.Page{Number: p.Number, Start: p.Start}
	}
	list := chunk.Split(kb.Document{Path: path, Title: doc.Title, Text: doc.Text}, pages, chunk.Options{})
	if asJSON {
		forms := make([]chunkForm, len(list))
		for i, c := range list {
			forms[i] = chunkForm{c.Ordinal, append([]string{}, c.Heading...), c.Page, c.Span.Start, c.Span.End, c.Text}
		}
		return a.printJSON(forms)
	}
	for _, c := range list {
		a.printf("--- %d  bytes %d-%d", c.Ordinal, c.Span.Start, c.Span.End)
		if c.Page > 0 {
			a.printf("  page %d", c.Page)
		}
		for _, h := range c.Heading {
			a.printf("  > %s", h)
		}
		a.printf("\n%s\n", c.Text)
	}
	return nil
}
