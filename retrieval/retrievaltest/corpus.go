package retrievaltest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/embed/static"
)

const (
	CorpusBase   = "bench" // the knowledge base of a Corpus
	CorpusChunks = 8       // of each of its documents
)

// Corpus writes text with the word frequencies of natural language: the n-th
// most frequent of 200,000 words is 1/n as frequent as the first. The frequent
// ones are English, of the rest each is made up.
type Corpus struct {
	Length int // words of a chunk; 0 means 100, about 700 characters
	zipf   *rand.Zipf
	known  []string
}

// NewCorpus returns one that writes the same for the same seed.
func NewCorpus(seed uint64) *Corpus {
	rnd := rand.New(rand.NewPCG(seed, 1))
	return &Corpus{zipf: rand.NewZipf(rnd, 1.07, 4, 200_000), known: english()}
}

// english are the whole words of the word pieces, which come by falling frequency.
var english = sync.OnceValue(func() []string {
	data, err := os.ReadFile("../../internal/text/wordpiece.txt")
	if err != nil {
		panic(err)
	}
	return slices.DeleteFunc(strings.Fields(string(data)), func(w string) bool {
		return strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" || len(w) == 1 && w != "a"
	})
})

var syllables = strings.Fields("ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu in er an on at or")

func (c *Corpus) word() string {
	n := c.zipf.Uint64()
	if n < uint64(len(c.known)) {
		return c.known[n]
	}
	var b strings.Builder
	for {
		b.WriteString(syllables[n%uint64(len(syllables))])
		if n /= uint64(len(syllables)); n == 0 {
			return b.String()
		}
	}
}

// Words are n words, every twelve a sentence.
func (c *Corpus) Words(n int) string {
	var b strings.Builder
	for i := range n {
		switch {
		case i > 0 && i%12 == 0:
			b.WriteString(". ")
		case i > 0:
			b.WriteByte(' ')
		}
		b.WriteString(c.word())
	}
	return b.String()
}

// Entry is the nth document, of eight chunks; vectors gives them those of the built-in
// embedder.
func (c *Corpus) Entry(n int, vectors bool) kb.Entry {
	doc := kb.Document{KB: CorpusBase, Source: "bench", Path: strconv.Itoa(n) + ".md", Title: c.Words(4),
		Audience: kb.Public, Product: fmt.Sprint("p", n%10), Language: "en"}
	doc.ID = kb.DocumentID(doc.KB, doc.Source, doc.Path)
	e := kb.Entry{}
	var b strings.Builder
	for i := range CorpusChunks {
		start := b.Len()
		heading := []string{doc.Title, c.Words(3)}
		b.WriteString("## " + heading[1] + "\n\n" + c.Words(cmp.Or(c.Length, 100)) + fmt.Sprintf(" E_%d_%d.\n\n", n, i))
		text := b.String()[start:]
		chunk := kb.Chunk{ID: kb.ChunkID(doc.ID, doc.Title, heading, text, 0), Document: doc.ID, Ordinal: i,
			Heading: heading, Text: text, Span: kb.Span{Start: start, End: b.Len()}, RuneStart: start}
		e.Chunks = append(e.Chunks, chunk)
	}
	doc.Text = b.String()
	e.Document = doc
	if vectors {
		texts := make([]string, len(e.Chunks))
		for i, chunk := range e.Chunks {
			texts[i] = doc.Title + " > " + chunk.Heading[1] + "\n" + chunk.Text
		}
		for i, v := range Vectors(texts...) {
			e.Chunks[i].Vector, e.Chunks[i].Model = v, vectorsOf().Model()
		}
	}
	return e
}

var vectorsOf = sync.OnceValue(func() *static.Embedder { return static.New() })

// Vectors are those of the built-in embedder.
func Vectors(texts ...string) []kb.Vector {
	vectors, err := vectorsOf().Embed(context.Background(), kb.EmbedDocument, texts)
	if err != nil {
		panic(err)
	}
	return vectors
}
