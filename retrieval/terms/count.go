package terms

// Count calls do with every occurrence of a term in a blob, and how often it counts
// in the field where it stands; it returns the chunk's length in words that count
// as often.
func Count(blob []byte, do func(term uint32, weight int)) (length int, err error) {
	c := NewCursor(blob)
	for _, weight := range fieldWeights {
		words, n := c.Field()
		length += words * weight
		for range n {
			_, term := c.Occurrence()
			if c.Bad() {
				break
			}
			do(term, weight)
		}
	}
	return length, c.Err()
}
