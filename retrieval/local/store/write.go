package store

import (
	"encoding/json"
	"fmt"

	"github.com/askdesk/askdesk/kb"
)

// history is for how many commits a reader can fall behind and still catch up
// without reading everything again.
const history = 1000

// Begin opens the next commit and returns its number.
func (t *Tx) Begin(analyzer string) (seq int64, err error) {
	err = t.tx.QueryRowContext(t.ctx,
		"UPDATE state SET seq = seq + 1, floor = max(floor, seq + 1 - ?), analyzer = ? RETURNING seq", history, analyzer).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("index write: %w", err)
	}
	return seq, t.exec("DELETE FROM gone WHERE seq <= (SELECT floor FROM state)")
}

// PutDocument stores a document's metadata. Row is 0 for a new one.
func (t *Tx) PutDocument(seq, row int64, doc kb.Document) (int64, error) {
	doc.Text = ""
	meta, err := json.Marshal(doc)
	if err != nil {
		return 0, fmt.Errorf("document: %w", err)
	}
	if row > 0 {
		return row, t.exec("UPDATE documents SET seq = ?, meta = ? WHERE row = ?", seq, string(meta), row)
	}
	res, err := t.tx.ExecContext(t.ctx, "INSERT INTO documents (id, seq, meta) VALUES (?, ?, ?)", doc.ID, seq, string(meta))
	if err != nil {
		return 0, fmt.Errorf("index write: %w", err)
	}
	return res.LastInsertId()
}

// PutChunk stores a new chunk of a document.
func (t *Tx) PutChunk(c Chunk) error {
	heading := ""
	if c.Heading != nil {
		b, err := json.Marshal(c.Heading)
		if err != nil {
			return fmt.Errorf("chunk: %w", err)
		}
		heading = string(b)
	}
	return t.exec(`INSERT INTO chunks (id, document, model, terms, vector, ordinal, span_start, span_end, rune_start, page, heading, text, pieces)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.Doc, c.Model, c.Terms, c.Blob, c.Ordinal, c.Span.Start, c.Span.End, c.RuneStart, c.Page, heading, c.Text, c.Pieces)
}

// MoveChunk gives a chunk, which is of the same ordinal, the position of c.
func (t *Tx) MoveChunk(row int64, c *kb.Chunk) error {
	return t.exec("UPDATE chunks SET span_start = ?, span_end = ?, rune_start = ?, page = ? WHERE row = ?",
		c.Span.Start, c.Span.End, c.RuneStart, c.Page, row)
}

// DropChunk removes a chunk.
func (t *Tx) DropChunk(seq, row int64) error {
	if err := t.exec("INSERT INTO gone VALUES (?, ?)", seq, row); err != nil {
		return err
	}
	return t.exec("DELETE FROM chunks WHERE row = ?", row)
}

// DropDocument removes a document with its chunks.
func (t *Tx) DropDocument(seq int64, id string) error {
	const mine = "(SELECT row FROM documents WHERE id = ?)"
	if err := t.exec("INSERT INTO gone SELECT ?, row FROM chunks WHERE document = "+mine, seq, id); err != nil {
		return err
	}
	if err := t.exec("DELETE FROM chunks WHERE document = "+mine, id); err != nil {
		return err
	}
	return t.exec("DELETE FROM documents WHERE id = ?", id)
}

// AddTerms stores new terms, with ids that count up from first.
func (t *Tx) AddTerms(first uint32, terms []string) error {
	return t.exec("INSERT INTO terms SELECT ? + key, value FROM json_each(?) ORDER BY key", first, list(terms))
}

// ForgetTerms removes the whole vocabulary and makes every reader read
// everything again: seq is that of the commit.
func (t *Tx) ForgetTerms(seq int64) error {
	if err := t.exec("UPDATE state SET floor = ?", seq); err != nil {
		return err
	}
	return t.exec("DELETE FROM terms")
}

// PutTerms replaces the terms and pieces of a chunk.
func (t *Tx) PutTerms(row int64, terms, pieces []byte) error {
	return t.exec("UPDATE chunks SET terms = ?, pieces = ? WHERE row = ?", terms, pieces, row)
}
