// Package recent keeps what was lately asked for.
package recent

import "sync"

// Cache keeps values of at most about its limit in bytes. What is asked for often
// stays: a half that is full becomes the old one, and of that only what is asked for
// again comes into the next. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	limit int

	mu         sync.Mutex
	young, old map[K]entry[V]
	size       int // bytes of young
}

type entry[V any] struct {
	value V
	bytes int
}

// New makes a Cache of so many bytes.
func New[K comparable, V any](limit int) *Cache[K, V] {
	return &Cache[K, V]{limit: limit, young: map[K]entry[V]{}}
}

// Get returns a value that is kept.
func (c *Cache[K, V]) Get(k K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.young[k]
	if !ok {
		if e, ok = c.old[k]; ok {
			c.put(k, e)
		}
	}
	return e.value, ok
}

// Put keeps a value that takes about so many bytes.
func (c *Cache[K, V]) Put(k K, v V, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(k, entry[V]{v, bytes})
}

func (c *Cache[K, V]) put(k K, e entry[V]) {
	if c.size > c.limit/2 {
		c.young, c.old, c.size = map[K]entry[V]{}, c.young, 0
	}
	c.size += e.bytes - c.young[k].bytes
	c.young[k] = e
}
