// Command askdesk answers customers' questions from a team's own documents and
// shows where every sentence comes from.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker in releases.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly end; the second one ends at once.
	context.AfterFunc(ctx, stop)
	self, _ := os.Executable() // unknown: hints say askdesk
	code := execute(ctx, terminal{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv, program: programOf(self),
	}, os.Args[1:])
	stop()
	os.Exit(code)
}
