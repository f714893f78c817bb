package synonyms

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
)

// compile makes a Set of the sections of a file that has no mistakes.
func compile(sections []section) *Set {
	s := &Set{of: map[string]*list{}}
	shared := sectionOf(sections, "")
	if len(shared.entries) > 0 {
		s.everywhere = newList(shared.entries)
	}
	for _, own := range sections {
		if own.base != "" {
			s.of[own.base] = newList(slices.Concat(shared.entries, own.entries))
		}
	}
	return s
}

func sectionOf(sections []section, base string) section {
	for _, s := range sections {
		if s.base == base {
			return s
		}
	}
	return section{}
}

func newList(entries []entry) *list {
	l := &list{exact: map[string]*word{}, stems: map[string]map[string]*word{}, initial: map[rune][]*word{}}
	for _, language := range languages {
		l.stems[language] = map[string]*word{}
	}
	groups := map[string]entry{} // by the key of each of its words
	for _, e := range entries {
		if e.kind != rule {
			for _, i := range e.words {
				groups[i.key()] = e
			}
		}
	}
	for _, e := range entries {
		for n, i := range e.words {
			others := e.others(n, groups)
			if len(others) == 0 {
				continue // "information technology" where it may be called nothing but "IT"
			}
			l.add(i, others, e.kind == rule || e.kind == short && n == 0)
		}
	}
	return l
}

// others are what means the same as the nth word, the best first.
func (e entry) others(n int, groups map[string]entry) (list []string) {
	add := func(i item) {
		if i.text != e.words[n].text && !slices.Contains(list, i.text) && !text.Stop("en", text.Fold(i.text)) {
			list = append(list, i.text)
		}
	}
	for _, i := range e.means {
		add(i)
	}
	for _, i := range e.means { // and what that may be called
		for _, other := range groups[i.key()].words {
			add(other)
		}
	}
	if e.kind == rule {
		return list
	}
	for _, i := range e.words {
		add(i)
	}
	return list
}

func (l *list) add(i item, others []string, put bool) {
	w := &word{key: i.key(), others: others, put: put}
	if text.Stop("en", text.Fold(i.text)) {
		w.typed = i.text
	}
	for _, apart := range []bool{true, false} {
		all := tokens(i.text, apart)
		if key := keyOf(all); l.exact[key] == nil {
			l.exact[key] = w
		}
		if w.typed != "" {
			continue
		}
		for _, language := range languages {
			if stems := stemsOf(all, language); l.stems[language][stems] == nil {
				l.stems[language][stems] = w
			}
		}
		if len(all) == 1 && all[0].plain && utf8.RuneCountInString(all[0].text) >= leastMended && w.plain == "" {
			w.plain = all[0].text
			first, _ := utf8.DecodeRuneInString(w.plain)
			l.initial[first] = append(l.initial[first], w)
		}
	}
}

// key is equal for two ways to write an item.
func (i item) key() string { return keyOf(tokens(strings.TrimSpace(i.text), true)) }
