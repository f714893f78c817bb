// Package collection reads judged collections (documents, queries, and which
// documents are relevant to which query), hands their documents to a pipeline and
// measures ranked lists of them.
package collection

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/askdesk/askdesk/kb"
)

// Document is one of the corpus.
type Document struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Query is one of the queries, with the grades of the documents that are
// relevant to it: 1 and up.
type Query struct {
	ID     string         `json:"_id"`
	Text   string         `json:"text"`
	Grades map[string]int `json:"-"`
}

// Collection is a set of documents and judged queries.
type Collection struct {
	Name      string
	Documents []Document
	Queries   []Query // those with a relevant document, in the order of the file
}

// Load reads a folder of the common form: corpus.jsonl, queries.jsonl and
// qrels.tsv, whose first line is a header.
func Load(dir string) (*Collection, error) {
	c := &Collection{Name: filepath.Base(filepath.Clean(dir))}
	var err error
	if c.Documents, err = lines[Document](filepath.Join(dir, "corpus.jsonl")); err != nil {
		return nil, err
	}
	queries, err := lines[Query](filepath.Join(dir, "queries.jsonl"))
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(c.Documents))
	for i, d := range c.Documents {
		if d.ID == "" || known[d.ID] {
			return nil, kb.Errorf(kb.Invalid, "document %d of %s has no id of its own: every line of corpus.jsonl needs another _id", i+1, dir)
		}
		known[d.ID] = true
	}
	grades, err := judgements(filepath.Join(dir, "qrels.tsv"), known)
	if err != nil {
		return nil, err
	}
	for _, q := range queries {
		if q.Grades = grades[q.ID]; len(q.Grades) > 0 && strings.TrimSpace(q.Text) != "" {
			c.Queries = append(c.Queries, q)
		}
	}
	if len(c.Queries) == 0 {
		return nil, kb.Errorf(kb.Invalid, "no query of %s has a relevant document: the ids of queries.jsonl, corpus.jsonl and qrels.tsv must agree", dir)
	}
	return c, nil
}

// Draw is a random choice of at most most queries; the same seed chooses the same.
func (c *Collection) Draw(most int, seed uint64) []Query {
	var list []Query
	for _, at := range rand.New(rand.NewPCG(seed, 0)).Perm(len(c.Queries))[:min(most, len(c.Queries))] {
		list = append(list, c.Queries[at])
	}
	return list
}

func lines[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err, path)
	}
	defer f.Close()
	var list []T
	in := json.NewDecoder(bufio.NewReader(f))
	for {
		var v T
		err := in.Decode(&v)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, kb.Wrap(kb.Invalid, err, "entry %d of %s is not an object in JSON", len(list)+1, path)
		}
		list = append(list, v)
	}
}

// judgements are the grades above 0 of documents that exist.
func judgements(path string, known map[string]bool) (map[string]map[string]int, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err, path)
	}
	defer f.Close()
	out := map[string]map[string]int{}
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		fields := strings.Split(in.Text(), "\t")
		if n == 1 || in.Text() == "" {
			continue
		}
		if len(fields) != 3 {
			return nil, kb.Errorf(kb.Invalid, "line %d of %s: a query's id, a document's id and a grade are wanted, with tabs between", n, path)
		}
		grade, err := strconv.Atoi(strings.TrimSpace(fields[2]))
		if err != nil {
			return nil, kb.Errorf(kb.Invalid, "line %d of %s: the grade %q is not a whole number", n, path, fields[2])
		}
		if grade <= 0 || !known[fields[1]] {
			continue
		}
		if out[fields[0]] == nil {
			out[fields[0]] = map[string]int{}
		}
		out[fields[0]][fields[1]] = grade
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return out, nil
}

func unreadable(err error, path string) error {
	return kb.Wrap(kb.NotFound, err, "cannot read %s: a folder with corpus.jsonl, queries.jsonl and qrels.tsv is wanted", path)
}
