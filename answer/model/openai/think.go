package openai

import (
	"slices"
	"strings"
)

// thoughts leaves out what a model thinks aloud: <think>...</think>, wherever
// it stands and however the tags are cut between deltas. What is not closed is
// a thought to the end.
type thoughts struct {
	held     string // too short to be sure of
	thinking bool
	answered bool // something else than blanks came before
}

var (
	thinkStarts = []string{"<think>", "<thinking>", "<thought>"}
	thinkEnds   = []string{"</think>", "</thinking>", "</thought>"}
)

// filter is what of the text so far may be let out.
func (t *thoughts) filter(delta string) string {
	s := t.held + delta
	t.held = ""
	var out strings.Builder
	for s != "" {
		tags := thinkStarts
		if t.thinking {
			tags = thinkEnds
		}
		before, after, found := cutTag(s, tags)
		if !t.thinking {
			if !t.answered {
				before = strings.TrimLeft(before, " \t\r\n")
				t.answered = before != ""
			}
			out.WriteString(before)
		}
		if !found {
			t.held = after
			break
		}
		t.thinking, s = !t.thinking, after
	}
	return out.String()
}

// cutTag cuts s around the first of the tags. Where there is none, after is the
// end of s that may be the start of one.
func cutTag(s string, tags []string) (before, after string, found bool) {
	for from := 0; ; {
		n := strings.IndexByte(s[from:], '<')
		if n < 0 {
			return s, "", false
		}
		from += n
		head := strings.ToLower(s[from:min(len(s), from+len("</thinking>"))])
		for _, tag := range tags {
			if strings.HasPrefix(head, tag) {
				return s[:from], s[from+len(tag):], true
			}
		}
		if slices.ContainsFunc(tags, func(tag string) bool { return strings.HasPrefix(tag, head) }) {
			return s[:from], s[from:], false
		}
		from++
	}
}

// rest is what was held back, unless it is a thought.
func (t *thoughts) rest() string {
	out := t.held
	t.held = ""
	if t.thinking {
		return ""
	}
	return out
}
