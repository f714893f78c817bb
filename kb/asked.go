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

// Exclusion is what a question says that it is not about, as in "other than SSO". A
// text about it is wanted less, but it is searched for all the same: what is not SSO
// often stands beside it.
type Exclusion struct {
	Span  Span        // of Query.Text: what is excluded
	Exact bool        // written as "-word": it is not searched for, and no chunk that has it is wanted
	Terms []QueryTerm // its words as the index analysed them; nil in a Query
}
