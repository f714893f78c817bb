package source

import (
	"fmt"
	"path"
	"strings"
)

// rule is one line of an ignore file, with the meaning it has in a .gitignore.
type rule struct {
	base     string // folder of the file it stands in, "" for the root
	parts    []string
	negate   bool
	folders  bool // matches folders only
	anywhere bool // matches the last part of a path alone
}

// hidden reports whether a name is left out without anybody's word.
func hidden(base string) bool {
	return base[0] == '.' || base == "node_modules" || base == "CVS" || base == "_darcs"
}

// names reports whether r means a hidden name and does not only happen to match
// it, as the usual !*/ does.
func (r rule) names(base string) bool {
	last := r.parts[len(r.parts)-1]
	return last[0] == base[0] && base[0] == '.' || last == base
}

// fate is what the rules make of a path.
type fate int

const (
	taken    fate = iota
	unseen        // hidden
	excluded      // by somebody's choice
)

// judge decides on a path whose parents are taken, by rules in rising order of
// precedence.
func judge(name string, folder bool, rules ...[]rule) fate {
	base := path.Base(name)
	for i := len(rules) - 1; i >= 0; i-- {
		for j := len(rules[i]) - 1; j >= 0; j-- {
			r := rules[i][j]
			if !r.matches(name, folder) {
				continue
			}
			if !r.negate {
				return excluded
			}
			if hidden(base) && !r.names(base) {
				return unseen
			}
			return taken
		}
	}
	if hidden(base) {
		return unseen
	}
	return taken
}

// parseRules reads the lines of an ignore file in the folder base. An error
// names the line.
func parseRules(base string, lines []string) ([]rule, error) {
	var rules []rule
	for i, line := range lines {
		r, ok, err := parseRule(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if ok {
			r.base = base
			rules = append(rules, r)
		}
	}
	return rules, nil
}

func parseRule(line string) (r rule, ok bool, err error) {
	line = strings.TrimSuffix(line, "\r")
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	if line == "" || line[0] == '#' {
		return rule{}, false, nil
	}
	if line[0] == '!' {
		r.negate, line = true, line[1:]
	}
	if strings.HasSuffix(line, "/") {
		r.folders, line = true, strings.TrimSuffix(line, "/")
	}
	r.anywhere = !strings.Contains(line, "/")
	r.parts = strings.Split(strings.TrimPrefix(line, "/"), "/")
	for i, p := range r.parts {
		r.parts[i] = strings.ReplaceAll(p, "[!", "[^")
		if _, err := path.Match(r.parts[i], ""); err != nil {
			return rule{}, false, fmt.Errorf("the pattern %q is malformed", line)
		}
	}
	return r, line != "", nil
}

func (r rule) matches(name string, folder bool) bool {
	if r.folders && !folder {
		return false
	}
	if r.base != "" {
		inside, ok := strings.CutPrefix(name, r.base+"/")
		if !ok {
			return false
		}
		name = inside
	}
	if r.anywhere {
		return matchPart(r.parts[0], path.Base(name))
	}
	return matchParts(r.parts, strings.Split(name, "/"))
}

// matchParts matches a whole path, where ** stands for any number of folders
// and, at the end, for at least one name.
func matchParts(pattern, name []string) bool {
	p, n := 0, 0
	starP, starN := -1, 0 // where to resume after the last **
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			if p == len(pattern)-1 {
				return true
			}
			starP, starN = p, n
			p++
		case p < len(pattern) && matchPart(pattern[p], name[n]):
			p++
			n++
		case starP >= 0:
			starN++
			p, n = starP+1, starN
		default:
			return false
		}
	}
	return p == len(pattern)
}

func matchPart(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}
