package text

import "strings"

// Cut shortens s to at most n characters, at the end of a line or word if there is one.
func Cut(s string, n int) string {
	at := 0
	for i := range s {
		if at == n {
			s = s[:i]
			for _, sep := range []string{"\n", " "} {
				if end := strings.LastIndex(s, sep); end > len(s)/2 {
					return s[:end]
				}
			}
			return s
		}
		at++
	}
	return s
}
