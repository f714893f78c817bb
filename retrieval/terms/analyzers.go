package terms

import "sync"

// Analyzers lend one to each who analyses at a time, and keep what they remember from
// one loan to the next. The zero value is ready for use by any number at once.
type Analyzers struct{ idle sync.Pool }

// Use calls do with an Analyzer that nobody else uses meanwhile.
func (l *Analyzers) Use(do func(*Analyzer) error) error {
	a, ok := l.idle.Get().(*Analyzer)
	if !ok {
		a = NewAnalyzer()
	}
	defer l.idle.Put(a)
	return do(a)
}
