package memory

import "slices"

// top keeps the n best items.
type top[T any] struct {
	n      int
	better func(a, b T) int // below 0 if a is better
	items  []T              // a heap, the worst first
}

func newTop[T any](n int, better func(a, b T) int) *top[T] {
	return &top[T]{n: max(n, 1), better: better}
}

func (t *top[T]) full() bool { return len(t.items) == t.n }

// worst is the item that the next better one drives out of a full top.
func (t *top[T]) worst() T { return t.items[0] }

func (t *top[T]) add(item T) {
	if !t.full() {
		t.items = append(t.items, item)
		for i := len(t.items) - 1; i > 0; {
			parent := (i - 1) / 2
			if t.better(t.items[parent], t.items[i]) >= 0 {
				break
			}
			t.items[parent], t.items[i] = t.items[i], t.items[parent]
			i = parent
		}
	} else if t.better(item, t.items[0]) < 0 {
		t.items[0] = item
		t.sink()
	}
}

func (t *top[T]) sink() {
	for i := 0; ; {
		worst := i
		for _, child := range [...]int{2*i + 1, 2*i + 2} {
			if child < len(t.items) && t.better(t.items[child], t.items[worst]) > 0 {
				worst = child
			}
		}
		if worst == i {
			return
		}
		t.items[i], t.items[worst] = t.items[worst], t.items[i]
		i = worst
	}
}

func (t *top[T]) sorted() []T {
	slices.SortFunc(t.items, t.better)
	return t.items
}
