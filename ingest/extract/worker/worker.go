// Package worker runs jobs in child processes, so that a job which crashes,
// hangs or takes too much memory costs nothing but itself. The messages are
// frames on the child's standard input and output.
package worker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// What went wrong with a job. The child is gone after each of them; the next job
// gets a new one.
var (
	ErrTimeout = errors.New("the job took too long")
	ErrMemory  = errors.New("the job needed too much memory")
	ErrDied    = errors.New("the process ended in the middle of the job")
	ErrGarbage = errors.New("the process answered with something that is no answer")
	ErrTooLong = errors.New("the result is too long")
	ErrClosed  = errors.New("the pool is closed")
)

// exitMemory is the exit code of a child that found itself above its limit.
const exitMemory = 77

// magic begins every frame. What a library prints to standard output does not.
const magic = 0x41736b31

// writeFrame writes two byte strings as one frame.
func writeFrame(w io.Writer, head string, body []byte) error {
	buf := make([]byte, 12, 12+len(head))
	binary.BigEndian.PutUint32(buf, magic)
	binary.BigEndian.PutUint32(buf[4:], uint32(len(head)))
	binary.BigEndian.PutUint32(buf[8:], uint32(len(body)))
	if _, err := w.Write(append(buf, head...)); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

// maxHead bounds the first part of a frame: a kind of job, or a state.
const maxHead = 1 << 16

// readFrame reads a frame whose body is no longer than limit. The error is
// io.EOF if there is none, ErrGarbage if there is something else.
func readFrame(r io.Reader, limit int64) (head string, body []byte, err error) {
	var buf [12]byte
	if _, err := io.ReadFull(r, buf[:]); err != nil {
		return "", nil, err
	}
	n, size := binary.BigEndian.Uint32(buf[4:]), int64(binary.BigEndian.Uint32(buf[8:]))
	if binary.BigEndian.Uint32(buf[:]) != magic || n > maxHead {
		return "", nil, ErrGarbage
	}
	if size > limit {
		return "", nil, ErrTooLong
	}
	all := make([]byte, int64(n)+size)
	if _, err := io.ReadFull(r, all); err != nil {
		return "", nil, io.ErrUnexpectedEOF
	}
	return string(all[:n]), all[n:], nil
}
