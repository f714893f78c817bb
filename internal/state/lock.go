package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/askdesk/askdesk/kb"
)

const lockPoll = 10 * time.Millisecond

// Lock takes the data folder's write lock, across processes and inside this one.
// While somebody else has it, Lock calls waiting once (it may be nil) with who
// that is and waits until ctx ends. Who gives it back and wants it again comes
// after one that waits. Holder says what this one does, such as "ingest". A process
// that dies gives its lock back. Calling unlock again does nothing.
func (s *Store) Lock(ctx context.Context, holder string, waiting func(holder string)) (unlock func() error, err error) {
	who := filepath.Join(s.dir, "lock.holder")
	told := false
	wait := func() {
		if !told && waiting != nil {
			waiting(readHolder(who))
		}
		told = true
	}
	// Only one at a time waits for the lock itself, and nobody passes it by.
	next, err := s.await(ctx, "lock.next", wait)
	if err != nil {
		return nil, err
	}
	lock, err := s.await(ctx, "lock", wait)
	if err = errors.Join(err, next.Unlock()); err != nil {
		if lock != nil {
			err = errors.Join(err, lock.Unlock())
		}
		return nil, err
	}
	return s.hold(lock, who, holder), nil
}

// await takes a lock that others have for some time; it calls wait before it waits.
func (s *Store) await(ctx context.Context, name string, wait func()) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(s.dir, name), flock.SetPermissions(0o600))
	for {
		got, err := lock.TryLock()
		if err != nil {
			return nil, fmt.Errorf("write lock: %w", err)
		}
		if got {
			return lock, nil
		}
		wait()
		select {
		case <-ctx.Done():
			return nil, kb.Wrap(kb.Unavailable, ctx.Err(), "The data folder is being written by %s. Try again when it is done.", readHolder(filepath.Join(s.dir, "lock.holder")))
		case <-time.After(lockPoll):
		}
	}
}

// Serving marks the data folder as served by this process, at an address, until
// done is called. Other is a process that serves it already, "" if none does: the
// two get along, but hardly anybody means to run both.
func (s *Store) Serving(address string) (other string, done func() error) {
	lock := flock.New(filepath.Join(s.dir, "serve.lock"), flock.SetPermissions(0o600))
	who := filepath.Join(s.dir, "serve.holder")
	got, err := lock.TryLock()
	if err != nil { // some network file systems have no locks; the warning is not worth a service
		s.log.Warn("see whether another process serves this folder", "error", err)
		return "", func() error { return nil }
	}
	if !got {
		return readHolder(who), func() error { return nil }
	}
	return "", s.hold(lock, who, address)
}

// hold writes beside a lock who has it, and returns what gives it back.
func (s *Store) hold(lock *flock.Flock, who, holder string) (unlock func() error) {
	// The lock is what counts: a name that cannot be written costs a word in a message.
	name := fmt.Sprintf("%s (process %d)", holder, os.Getpid())
	if err := os.WriteFile(who, []byte(name), 0o600); err != nil {
		s.log.Warn("name the holder of a lock", "file", who, "error", err)
	}
	var once sync.Once
	return func() (err error) {
		once.Do(func() {
			if err = os.Remove(who); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			err = errors.Join(err, lock.Unlock())
		})
		return err
	}
}

func readHolder(path string) string {
	// The holder writes its name just after it took the lock.
	for range 5 {
		if b, err := os.ReadFile(path); err == nil && len(b) > 0 {
			return strings.TrimSpace(string(b))
		}
		time.Sleep(lockPoll)
	}
	return "another Askdesk process"
}
