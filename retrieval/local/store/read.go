package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/askdesk/askdesk/kb"
)

// Chunk is a chunk's row.
type Chunk struct {
	Row    int64
	Doc    int64 // row of its document
	Model  string
	Terms  []byte
	Blob   []byte // its vector
	Pieces []byte // packed as terms.Pieces does
	Place  string // the heading as it is stored
	kb.Chunk
}

// Terms calls do with the terms from id on, in the order of their ids.
func (t *Tx) Terms(from uint32, do func(id uint32, term string)) error {
	return t.each(func(rows *sql.Rows) error {
		var id uint32
		var term string
		err := rows.Scan(&id, &term)
		do(id, term)
		return err
	}, "SELECT id, term FROM terms WHERE id >= ? ORDER BY id", from)
}

// Documents calls do with the documents that changed after a commit.
func (t *Tx) Documents(after int64, do func(row int64, doc *kb.Document)) error {
	return t.each(func(rows *sql.Rows) error {
		var row int64
		var meta []byte
		if err := rows.Scan(&row, &meta); err != nil {
			return err
		}
		doc := new(kb.Document)
		if err := json.Unmarshal(meta, doc); err != nil {
			return fmt.Errorf("document: %w", err)
		}
		do(row, doc)
		return nil
	}, "SELECT row, meta FROM documents WHERE seq > ? ORDER BY row", after)
}

// Gone calls do with the rows of chunks that went after a commit.
func (t *Tx) Gone(after int64, do func(row int64)) error {
	return t.each(func(rows *sql.Rows) error {
		var row int64
		err := rows.Scan(&row)
		do(row)
		return err
	}, "SELECT chunk FROM gone WHERE seq > ? ORDER BY seq, chunk", after)
}

// Indexed calls do with what is searched of the chunks behind a row, in the
// order of rows. Do owns the slices.
func (t *Tx) Indexed(after int64, do func(Chunk) error) error {
	return t.each(func(rows *sql.Rows) error {
		var c Chunk
		if err := rows.Scan(&c.Row, &c.ID, &c.Doc, &c.Model, &c.Terms, &c.Blob, &c.Pieces, &c.Ordinal, &c.Place); err != nil {
			return err
		}
		return do(c)
	}, "SELECT row, id, document, model, terms, vector, pieces, ordinal, heading FROM chunks WHERE row > ? ORDER BY row", after)
}

const full = "SELECT c.row, c.id, c.document, c.model, c.terms, c.vector, c.ordinal, c.span_start, c.span_end, c.rune_start, c.page, c.heading, c.text, c.pieces FROM "

func scanFull(rows *sql.Rows) (c Chunk, err error) {
	err = rows.Scan(&c.Row, &c.ID, &c.Doc, &c.Model, &c.Terms, &c.Blob,
		&c.Ordinal, &c.Span.Start, &c.Span.End, &c.RuneStart, &c.Page, &c.Place, &c.Text, &c.Pieces)
	if err != nil {
		return c, err
	}
	c.Heading, err = Heading(c.Place)
	return c, err
}

// Heading reads a heading as it is stored.
func Heading(stored string) (list []string, err error) {
	if stored == "" {
		return nil, nil
	}
	if inner, ok := strings.CutPrefix(stored, `["`); ok && !strings.Contains(inner, `\`) { // as nearly all are
		if inner, ok = strings.CutSuffix(inner, `"]`); ok {
			return strings.Split(inner, `","`), nil // a quote inside would have a backslash
		}
	}
	err = json.Unmarshal([]byte(stored), &list)
	return list, err
}

const byID = "SELECT c.id, c.ordinal, c.span_start, c.span_end, c.rune_start, c.page, c.text FROM json_each(?) j CROSS JOIN chunks c WHERE c.id = j.value"

// Texts calls do with what is stored of chunks for who reads them, in any order.
func (t *Tx) Texts(ids []string, do func(kb.Chunk)) error {
	return t.each(func(r *sql.Rows) error {
		var c kb.Chunk
		err := r.Scan(&c.ID, &c.Ordinal, &c.Span.Start, &c.Span.End, &c.RuneStart, &c.Page, &c.Text)
		do(c)
		return err
	}, byID, list(ids))
}

// Some returns at most n chunks behind a row, in the order of rows.
func (t *Tx) Some(after int64, n int) (list []Chunk, err error) {
	err = t.each(func(r *sql.Rows) error {
		c, err := scanFull(r)
		list = append(list, c)
		return err
	}, full+"chunks c WHERE c.row > ? ORDER BY c.row LIMIT ?", after, n)
	return list, err
}

// Document returns a stored document, its row and its chunks by id; row 0 if
// there is none.
func (t *Tx) Document(id string) (row int64, doc kb.Document, chunks map[string]Chunk, err error) {
	if row, doc, err = t.meta(id); err != nil || row == 0 {
		return 0, doc, nil, err
	}
	chunks = map[string]Chunk{}
	err = t.each(func(r *sql.Rows) error {
		c, err := scanFull(r)
		chunks[c.ID] = c
		return err
	}, full+"chunks c WHERE c.document = ?", row)
	return row, doc, chunks, err
}

// Whole returns a document with its text; found is false if there is none.
func (t *Tx) Whole(id string) (doc kb.Document, found bool, err error) {
	row, doc, err := t.meta(id)
	if err != nil || row == 0 {
		return doc, false, err
	}
	var b strings.Builder
	err = t.each(func(r *sql.Rows) error {
		var part string
		err := r.Scan(&part)
		b.WriteString(part)
		return err
	}, "SELECT text FROM chunks WHERE document = ? ORDER BY ordinal", row)
	doc.Text = b.String()
	return doc, true, err
}

// meta returns a stored document and its row; row 0 if there is none.
func (t *Tx) meta(id string) (row int64, doc kb.Document, err error) {
	var meta []byte
	err = t.each(func(r *sql.Rows) error { return r.Scan(&row, &meta) }, "SELECT row, meta FROM documents WHERE id = ?", id)
	if err != nil || row == 0 {
		return 0, doc, err
	}
	if err := json.Unmarshal(meta, &doc); err != nil {
		return 0, doc, fmt.Errorf("document: %w", err)
	}
	return row, doc, nil
}

// Embedded tells which of the chunks have a vector of model.
func (t *Tx) Embedded(model string, chunks []string) (map[string]bool, error) {
	have := make(map[string]bool)
	err := t.each(func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		have[id] = true
		return err
	}, "SELECT c.id FROM json_each(?) j CROSS JOIN chunks c WHERE c.id = j.value AND c.model = ? AND c.vector IS NOT NULL", list(chunks), model)
	return have, err
}

// Holds tells which of the documents are stored.
func (t *Tx) Holds(documents []string) (map[string]bool, error) {
	have := make(map[string]bool, len(documents))
	err := t.each(func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		have[id] = true
		return err
	}, "SELECT d.id FROM json_each(?) j CROSS JOIN documents d WHERE d.id = j.value", list(documents))
	return have, err
}

// Count is the number of documents that have chunks.
func (t *Tx) Count() (n int, err error) {
	err = t.each(func(r *sql.Rows) error { return r.Scan(&n) },
		"SELECT count(*) FROM documents d WHERE EXISTS (SELECT 1 FROM chunks c WHERE c.document = d.row)")
	return n, err
}

// Chunks is the number of chunks.
func (t *Tx) Chunks() (n int, err error) {
	err = t.each(func(r *sql.Rows) error { return r.Scan(&n) }, "SELECT count(*) FROM chunks")
	return n, err
}

// list passes a list as one argument, for json_each.
func list[T int64 | string](values []T) string {
	if len(values) == 0 {
		return "[]"
	}
	b, err := json.Marshal(values)
	if err != nil { // numbers and strings always marshal
		panic(err)
	}
	return string(b)
}
