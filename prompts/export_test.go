package prompts

import "slices"

// Problems are the files that are wrong now.
func (l *Library) Problems() []Problem {
	l.Current()
	return slices.Clone(l.current.Load().problems)
}
