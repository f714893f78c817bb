package access

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limiter limits requests a key or address.
type Limiter struct {
	rate  rate.Limit
	burst int
	now   func() time.Time

	mu   sync.Mutex
	seen map[string]*rate.Limiter
	last time.Time // of the last sweep
}

// NewLimiter lets perSecond requests through, burst at once.
func NewLimiter(perSecond float64, burst int, now func() time.Time) *Limiter {
	return &Limiter{rate: rate.Limit(perSecond), burst: burst, now: now, seen: map[string]*rate.Limiter{}}
}

// Wait is how long who must wait before the next request; 0 takes it.
func (l *Limiter) Wait(who string) time.Duration {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	b := l.seen[who]
	if b == nil {
		b = rate.NewLimiter(l.rate, l.burst)
		l.seen[who] = b
	}
	r := b.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// sweep forgets, once a minute, buckets that have filled up again.
func (l *Limiter) sweep(now time.Time) {
	if now.Sub(l.last) < time.Minute {
		return
	}
	l.last = now
	for who, b := range l.seen {
		if b.TokensAt(now) >= float64(l.burst) {
			delete(l.seen, who)
		}
	}
}
