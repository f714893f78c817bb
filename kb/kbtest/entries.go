// Package kbtest holds readable fakes in kb types: an index in memory, an
// embedder that counts words, and a few documents to search.
package kbtest

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/askdesk/askdesk/kb"
)

// Entry makes an entry of doc, whose KB, Source, Path and Text must be set: it
// fills in the id and cuts the text into chunks at its headings.
func Entry(doc kb.Document) kb.Entry {
	doc.ID = kb.DocumentID(doc.KB, doc.Source, doc.Path)
	if doc.Audience == "" {
		doc.Audience = kb.Agent
	}
	e := kb.Entry{Document: doc}
	seen := map[string]int{}
	for start := 0; start < len(doc.Text); {
		end := len(doc.Text)
		if i := strings.Index(doc.Text[start+1:], "\n#"); i >= 0 {
			end = start + i + 2
		}
		text := doc.Text[start:end]
		var heading []string
		if first, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(first, "#") {
			heading = []string{strings.TrimSpace(strings.TrimLeft(first, "#"))}
		}
		key := fmt.Sprint(heading, text)
		e.Chunks = append(e.Chunks, kb.Chunk{
			ID:       kb.ChunkID(doc.ID, doc.Title, heading, text, seen[key]),
			Document: doc.ID, Ordinal: len(e.Chunks), Heading: heading, Text: text,
			Span: kb.Span{Start: start, End: end}, RuneStart: utf8.RuneCountInString(doc.Text[:start]),
		})
		seen[key]++
		start = end
	}
	return e
}

// Embed gives every chunk of the entries a vector.
func Embed(ctx context.Context, e kb.Embedder, entries []kb.Entry) error {
	for _, entry := range entries {
		texts := make([]string, len(entry.Chunks))
		for i, c := range entry.Chunks {
			texts[i] = c.Text
		}
		vectors, err := e.Embed(ctx, kb.EmbedDocument, texts)
		if err != nil {
			return err
		}
		for i := range entry.Chunks {
			entry.Chunks[i].Vector, entry.Chunks[i].Model = vectors[i], e.Model()
		}
	}
	return nil
}

// Now is a moment at which all but the outdated document of HelpCentre are valid.
var Now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// HelpCentre is a small help centre for the knowledge base: public and internal
// documents of two products, one of them outdated, one in German.
func HelpCentre(base string) []kb.Entry {
	docs := []kb.Document{
		{
			Path: "passwords.md", Title: "Reset your password", Audience: kb.Public, Product: "desk", Version: "2", Language: "en",
			Tags: []string{"account", "security"}, URL: "https://help.example.com/passwords", Updated: Now.AddDate(0, -1, 0),
			Text: "# Reset your password\n\nChoose Forgot password on the page where you sign in. The mail with the link comes within 5 minutes.\n\n" +
				"## The mail does not come\n\nLook into the spam folder. Error E_MAIL_7 says that the address bounced.\n",
		},
		{
			Path: "billing/invoices.md", Title: "Invoices", Audience: kb.Public, Product: "desk", Version: "2", Language: "en",
			Tags: []string{"billing"},
			Text: "# Invoices\n\nEvery invoice is sent on the first day of the month as a PDF file.\n\n## Change the address\n\n" +
				"The address on an invoice can be changed under Billing until the invoice is sent.\n",
		},
		{
			Path: "billing/refunds.md", Title: "Refunds", Audience: kb.Agent, Product: "desk", Version: "2", Language: "en",
			Tags: []string{"billing"},
			Text: "# Refunds\n\nA refund above 200 euros needs the consent of a lead. Smaller refunds are paid at once.\n",
		},
		{
			Path: "old/refunds.md", Title: "Refunds until 2025", Audience: kb.Agent, Product: "desk", Version: "1", Language: "en",
			ValidUntil: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
			Text:       "# Refunds\n\nEvery refund needs the consent of a lead.\n",
		},
		{
			Path: "sync/errors.md", Title: "Errors of the sync client", Audience: kb.Public, Product: "sync", Version: "1.4.2", Language: "en",
			Tags: []string{"errors"},
			Text: "# Errors of the sync client\n\n## E_CONN_42\n\nThe server closed the connection. Start the client with --retry to try again.\n\n" +
				"## E_DISK_1\n\nThe disk is full.\n",
		},
		{
			Path: "de/passwort.md", Title: "Passwort vergessen", Audience: kb.Public, Product: "desk", Version: "2", Language: "de",
			Text: "# Passwort vergessen\n\nÖffnen Sie die Anmeldung und wählen Sie Passwort vergessen. Die Nachricht kommt in 5 Minuten.\n",
		},
	}
	entries := make([]kb.Entry, len(docs))
	for i, doc := range docs {
		doc.KB, doc.Source = base, "help"
		entries[i] = Entry(doc)
	}
	return entries
}
