package kb

// Synonym is a stretch of a question and what means the same. A chunk with any
// of its texts counts as one that has the words of the stretch.
type Synonym struct {
	Span  Span     // of Query.Text
	Texts []string // words or phrases, at least one, the one that says it best first
	// Meant is the entry that the one word of Span is a typing mistake away from: it
	// and the texts count only where no chunk has that word. Else "".
	Meant string
	// Put has the first text compared by meaning in place of what stands in Span.
	Put bool
}

// Exclusion is what a question says that it is not about, as in "other than SSO".
// Its words are not searched for, and a text about them is wanted less.
type Exclusion struct {
	Span  Span // of Query.Text: what is excluded
	From  int  // where the phrase begins that excludes it, at most Span.Start
	Exact bool // written as "-word": a chunk that has it is not wanted at all
	// Searched has the words searched for all the same: what lacks something is often
	// what a text says of that thing.
	Searched bool
	Terms    []QueryTerm // its words as the index analysed them; nil in a Query
}
