package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/ingest/extract"
)

func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.demoCommand(), a.serveCommand(), a.pingCommand(),
		a.ingestCommand(), a.extractCommand(),
		a.askCommand(), a.searchCommand(), a.evalCommand(), a.judgedCommand(), a.fitCommand(), a.indexCommand(),
		a.promptsCommand(), a.synonymsCommand(), a.keysCommand(),
		a.configCommand(), a.doctorCommand(), a.versionCommand(), a.workerCommand(),
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			a.printf("askdesk %s (%s, %s/%s)\n", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

// buildVersion is the linker's version or, for `go install`, the module's.
func buildVersion() string {
	if version != "dev" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return version
}

// workerCommand is the child process that reads files which are dangerous to read.
func (a *app) workerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "worker",
		Short:  "Read files for a parent process (internal)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := extract.Work(c.Context(), a.in, a.out); err != nil {
				return fmt.Errorf("worker: %w", err)
			}
			return nil
		},
	}
}
