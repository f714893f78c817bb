package main

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/internal/config"
)

// installed is what a person types who has this program on the path.
const installed = "askdesk"

// fromSource is what a person types in the checkout.
const fromSource = "go run ./cmd/askdesk"

// builtByRun are the folders into which `go run` builds: one for temporary files
// or, since Go 1.24, one of the build cache.
var builtByRun = regexp.MustCompile(`/go-build[0-9]*/.*/exe/[^/]*$|/[0-9a-f]{64}-d/[^/]*$`)

// programOf is how the person started the executable, so that what a hint says can
// be typed as it stands.
func programOf(executable string) string {
	path := filepath.ToSlash(executable)
	if builtByRun.MatchString(path) {
		return fromSource
	}
	return installed
}

// commandLine is a command to type for the data folder that c works on.
func (a *app) commandLine(c *cobra.Command, words string) (string, error) {
	cfg, _, err := a.config(c)
	return typed(a.program, words, cfg.Data), err
}

// typed is a command to type; the data folder is named where it is not the default.
func typed(program, words, data string) string {
	line := program + " " + words
	switch {
	case data == config.Default().Data:
		return line
	case strings.ContainsAny(data, " '"):
		return line + ` --data "` + data + `"`
	}
	return line + " --data " + data
}
