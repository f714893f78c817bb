package collection

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// WriteTo makes a folder of one file a document, for a pipeline with Reader.
func (c *Collection) WriteTo(dir string) error {
	for i, d := range c.Documents {
		data, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("write document %s: %w", d.ID, err)
		}
		if err := os.WriteFile(filepath.Join(dir, File(i)), data, 0o600); err != nil {
			return fmt.Errorf("write document %s: %w", d.ID, err)
		}
	}
	return nil
}

// File is the path of the i-th document; an id may hold anything.
func File(i int) string { return fmt.Sprintf("%08d.txt", i) }

// ByPath gives the ids of the collection by the path of their file.
func (c *Collection) ByPath() map[string]string {
	ids := make(map[string]string, len(c.Documents))
	for i, d := range c.Documents {
		ids[File(i)] = d.ID
	}
	return ids
}

// Reader reads the files of WriteTo; it is an ingest.Reader. The words of a
// document are taken as they are, since they were extracted before.
type Reader struct{}

// Read returns title and text of one document.
func (Reader) Read(_ context.Context, in extract.Input) (extract.Document, error) {
	var d Document
	if err := json.Unmarshal(in.Data, &d); err != nil {
		return extract.Document{}, kb.Wrap(kb.Invalid, err, "this is no document of a collection")
	}
	body := d.Text
	if body == "" {
		body = d.Title
	}
	return extract.Document{Title: d.Title, Language: text.Language(d.Title + "\n" + body), Text: body + "\n", Format: "text"}, nil
}
