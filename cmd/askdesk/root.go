package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/kb"
)

// The exit codes of every command.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitPartial = 3 // done, but some items failed; they are listed
)

// errPartial ends a command that did its work but for some items, which it has listed.
var errPartial = errors.New("some items failed")

// usageError is a command line that cannot be meant.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// terminal is the world outside: everything a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) string
	program  string // what is typed to start it; empty: askdesk
}

// execute runs one command line and returns its exit code.
func execute(ctx context.Context, t terminal, args []string) int {
	root := newRoot(t)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	code := exitCode(err)
	if err != nil && !errors.Is(err, errPartial) {
		fmt.Fprintf(t.err, "askdesk: %s\n", describe(err))
	}
	return code
}

func exitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errPartial):
		return exitPartial
	case errors.As(err, &usage), kb.CodeOf(err) == kb.Invalid:
		return exitUsage
	}
	return exitFailed
}

// describe says what a person at a terminal needs: the message for users, and
// for an error without one the whole chain, since the operator is the one to act.
func describe(err error) string {
	var e *kb.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	if e.Err == nil || tells(e.Message, e.Err) {
		return e.Message
	}
	return e.Message + " (" + strings.TrimSpace(e.Err.Error()) + ")"
}

// tells reports whether a message holds already what caused it, or the cause of
// that: the call that failed is then of no use to anybody.
func tells(message string, cause error) bool {
	for ; cause != nil; cause = errors.Unwrap(cause) {
		if strings.Contains(message, strings.TrimSpace(cause.Error())) {
			return true
		}
	}
	return false
}

// app is what the commands share.
type app struct {
	terminal
	flags      *pflag.FlagSet // persistent flags, each named after its setting
	configFile string
	verbose    bool
}

func newRoot(t terminal) *cobra.Command {
	t.program = cmp.Or(t.program, installed)
	a := &app{terminal: t}
	root := &cobra.Command{
		Use:   "askdesk",
		Short: "Answers customers' questions from your own documents, with sources",
		Long: `Askdesk answers customers' questions from a team's own documents, says how far
each answer can be trusted, and shows where every sentence comes from.

Start with:  askdesk demo
Then:        askdesk ingest ./docs --kb support
             askdesk serve

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done, but some items failed (they are listed).`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
	}
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see: %s --help", err, c.CommandPath())}
	})
	a.flags = root.PersistentFlags()
	a.flags.String("data", "", "folder that holds all state (default askdesk-data)")
	a.flags.StringVar(&a.configFile, "config", "", "settings file (default askdesk.yaml, if it exists)")
	a.flags.BoolVarP(&a.verbose, "verbose", "v", false, "log more to standard error")
	root.AddCommand(a.commands()...)
	wrapArgs(root)
	a.addCompletions(root)
	return root
}

// wrapArgs makes an error in the number of arguments a usage error, also of a
// command that does nothing but hold others.
func wrapArgs(c *cobra.Command) {
	if !c.Runnable() {
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{fmt.Errorf("%w; see: %s --help", err, c.CommandPath())}
			}
			return nil
		}
	}
	for _, child := range c.Commands() {
		wrapArgs(child)
	}
}

// config loads the settings; a command's own flags named like a setting count too.
func (a *app) config(c *cobra.Command) (config.Config, []config.Setting, error) {
	given := map[string]string{}
	c.Flags().Visit(func(f *pflag.Flag) {
		given[strings.ReplaceAll(f.Name, "-", "_")] = f.Value.String()
	})
	return config.Load(config.Sources{File: a.configFile, Env: a.env, Flags: given})
}

func (a *app) logger() *slog.Logger {
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
}

func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.out, format, args...) }

func (a *app) notef(format string, args ...any) { fmt.Fprintf(a.err, format, args...) }

// printJSON writes v to standard output, for programs.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
