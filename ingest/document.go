package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/askdesk/askdesk/ingest/chunk"
	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/kb"
)

// Defaults describe the documents of a run that do not say so themselves.
type Defaults struct {
	Audience kb.Audience // kb.Agent if ""
	// URLBase is what a document's path is added to for its address. Where it
	// holds {stem}, the path without its extension takes that place instead.
	URLBase  string
	Product  string
	Version  string
	Tags     []string
	Language string
}

func (d Defaults) url(name string) string {
	if d.URLBase == "" {
		return ""
	}
	if strings.Contains(d.URLBase, "{stem}") {
		return strings.ReplaceAll(d.URLBase, "{stem}", escape(strings.TrimSuffix(name, path.Ext(name))))
	}
	return strings.TrimSuffix(d.URLBase, "/") + "/" + escape(name)
}

func escape(name string) string { return (&url.URL{Path: "/" + name}).EscapedPath()[1:] }

// content is a file as it was read, with what else is known of it.
type content struct {
	kb, source, path string
	data             []byte
	meta             extract.Meta // of a sidecar or a form
	defaults         Defaults
}

func (c content) id() string { return kb.DocumentID(c.kb, c.source, c.path) }

// fingerprint names all that a document's entry is made of: a hash of the most, and
// behind a space the model of its vectors.
func (p *Pipeline) fingerprint(c content, model string) (string, error) {
	said, err := json.Marshal([]any{c.meta, c.defaults})
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	h := sha256.New()
	for _, part := range []string{p.Making(), string(said)} {
		h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	h.Write(c.data)
	return hex.EncodeToString(h.Sum(nil)) + " " + model, nil
}

// entry reads a file and cuts it. What it warns of is a sentence for a person.
func (p *Pipeline) entry(ctx context.Context, c content) (e kb.Entry, warning string, err error) {
	address := cmp.Or(c.meta.URL, c.defaults.url(c.path))
	read, err := p.opt.Reader.Read(ctx, extract.Input{Path: c.path, Data: c.data, URL: address})
	if err != nil {
		return kb.Entry{}, "", err
	}
	own := read.Meta
	doc := kb.Document{
		ID: c.id(), KB: c.kb, Source: c.source, Path: c.path, Text: read.Text,
		Title:      cmp.Or(own.Title, c.meta.Title, read.Title),
		URL:        cmp.Or(own.URL, address),
		Updated:    own.Updated,
		Audience:   cmp.Or(own.Audience, c.meta.Audience, c.defaults.Audience, kb.Agent),
		Product:    cmp.Or(own.Product, c.meta.Product, c.defaults.Product),
		Version:    cmp.Or(own.Version, c.meta.Version, c.defaults.Version),
		Tags:       own.Tags,
		Language:   strings.ToLower(cmp.Or(own.Language, c.meta.Language, c.defaults.Language, read.Language)),
		ValidFrom:  own.ValidFrom,
		ValidUntil: own.ValidUntil,
	}
	for _, tags := range [][]string{c.meta.Tags, c.defaults.Tags} {
		if len(doc.Tags) == 0 {
			doc.Tags = tags
		}
	}
	if doc.Updated.IsZero() {
		doc.Updated = c.meta.Updated
	}
	if doc.ValidFrom.IsZero() {
		doc.ValidFrom = c.meta.ValidFrom
	}
	if doc.ValidUntil.IsZero() {
		doc.ValidUntil = c.meta.ValidUntil
	}
	pages := make([]chunk.Page, len(read.Pages))
	for i, page := range read.Pages {
		pages[i] = chunk.Page{Number: page.Number, Start: page.Start}
	}
	return kb.Entry{Document: doc, Chunks: chunk.Split(doc, pages, p.opt.Chunk)}, strings.Join(read.Warnings, "; "), nil
}

// info is what the manifest keeps of an entry.
func (p *Pipeline) info(e kb.Entry, c content, fingerprint string) kb.DocumentInfo {
	info := kb.DocumentInfo{
		Document: e.Document, Status: kb.Ready, Chunks: len(e.Chunks), Bytes: int64(len(c.data)),
		Fingerprint: fingerprint, Indexed: p.opt.Now().UTC(),
	}
	info.Text = ""
	return info
}
