package main

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"fmt"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) configCommand() *cobra.Command {
	var asJSON bool
	show := &cobra.Command{
		Use:   "config",
		Short: "Show the settings in force and where each came from",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, list, err := a.config(c)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(list)
			}
			w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			for _, s := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, s.Value, s.From)
			}
			return w.Flush()
		},
	}
	show.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	show.AddCommand(&cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented settings file (default askdesk.yaml)",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := cmp.Or(strings.Join(args, ""), a.configFile, "askdesk.yaml")
			if err := writeNew(path, config.Example); err != nil {
				return err
			}
			a.printf("Wrote %s. Every line in it is optional.\n", path)
			return nil
		},
	})
	return show
}

// writeNew writes a file that must not exist yet.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return kb.Errorf(kb.Conflict, "%s exists already: remove it first, or name another file", path)
	}
	if err != nil {
		return kb.Wrap(kb.Invalid, err, "Cannot write %s", path)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
