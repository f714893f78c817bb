package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

func (a *app) keysCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "Make, list and delete API keys; people sign in with them too",
		Args:  cobra.NoArgs,
	}
	c.AddCommand(a.keysCreate(), a.keysList(), a.keysDelete())
	return c
}

// withState opens the data folder's state for one command.
func (a *app) withState(c *cobra.Command, do func(*state.Store) error) error {
	cfg, _, err := a.config(c)
	if err != nil {
		return err
	}
	store, err := state.Open(c.Context(), cfg.Data, state.Options{Log: a.logger()})
	if err != nil {
		return err
	}
	return errors.Join(do(store), store.Close())
}

func (a *app) keysCreate() *cobra.Command {
	var name, audience, role string
	var kbs []string
	var asJSON bool
	c := &cobra.Command{
		Use:   "create --name NAME",
		Short: "Make a key and print its secret, once",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if strings.TrimSpace(name) == "" {
				return usageError{fmt.Errorf("--name is missing: say who or what the key is for")}
			}
			key := kb.Key{Name: name, KBs: kbs, Audience: kb.Audience(audience), Role: kb.Role(role)}
			return a.withState(c, func(s *state.Store) error {
				if err := a.checkBases(c, s, kbs); err != nil {
					return err
				}
				secret, err := s.CreateKey(c.Context(), key)
				if err != nil {
					return err
				}
				if asJSON {
					return a.printJSON(map[string]any{"name": name, "secret": secret})
				}
				a.printf("%s\n", secret)
				a.notef("The key for %s. It is shown this once; only its hash is kept.\n", name)
				return a.noteKeys(c, s)
			})
		},
	}
	c.Flags().StringVar(&name, "name", "", "who or what the key is for")
	c.Flags().StringSliceVar(&kbs, "kb", nil, "knowledge bases it opens, which must be there (default: all)")
	c.Flags().StringVar(&audience, "audience", string(kb.Agent), "documents it may read: public or agent")
	c.Flags().StringVar(&role, "role", string(kb.RoleAgent), "what it may do: agent, editor or admin")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// checkBases refuses knowledge bases that are not there: a key of a mistyped one
// opens nothing. Where there is none yet, a key may well come first.
func (a *app) checkBases(c *cobra.Command, s *state.Store, named []string) error {
	all, err := s.Bases(c.Context())
	if err != nil || len(named) == 0 {
		return err
	}
	if len(all) == 0 {
		line, err := a.commandLine(c, "ingest PATH --kb "+named[0])
		if err != nil {
			return err
		}
		a.notef("There is no knowledge base yet, so the key opens nothing before there is one named %s. Make it with\n  %s\n", strings.Join(named, " or "), line)
		return nil
	}
	for _, name := range named {
		if _, err := s.Base(c.Context(), name); err != nil {
			return err
		}
	}
	return nil
}

// noteKeys says what a new key changes: the first one closes the service to
// whoever has none, and without one of an admin nobody can add documents there.
func (a *app) noteKeys(c *cobra.Command, s *state.Store) error {
	keys, err := s.Keys(c.Context())
	if err != nil {
		return err
	}
	if len(keys) == 1 {
		a.notef("From now on the pages and the API ask for a key, also of a service that runs: people sign in on /login, programs send Authorization: Bearer KEY.\n")
	}
	if !slices.ContainsFunc(keys, func(k kb.Key) bool { return k.Role == kb.RoleAdmin }) {
		line, err := a.commandLine(c, "keys create --name NAME --role admin")
		if err != nil {
			return err
		}
		a.notef("There is no admin key, so nobody can add documents on the page or over the API. Make one with\n  %s\n", line)
	}
	return nil
}

func (a *app) keysList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the keys, without their secrets",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withState(c, func(s *state.Store) error {
				keys, err := s.Keys(c.Context())
				if err != nil {
					return err
				}
				if asJSON {
					return a.printJSON(keyList(keys))
				}
				w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "ID\tNAME\tROLE\tAUDIENCE\tKNOWLEDGE BASES\tCREATED")
				for _, k := range keys {
					bases := strings.Join(k.KBs, ",")
					if bases == "" {
						bases = "all"
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Role, k.Audience, bases, k.Created.Format("2006-01-02"))
				}
				return w.Flush()
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// keyForm is a key in JSON.
type keyForm struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Role     kb.Role     `json:"role"`
	Audience kb.Audience `json:"audience"`
	KBs      []string    `json:"kb"` // empty: all
	Created  time.Time   `json:"created"`
}

func keyList(keys []kb.Key) []keyForm {
	list := make([]keyForm, len(keys))
	for i, k := range keys {
		list[i] = keyForm{k.ID, k.Name, k.Role, k.Audience, append([]string{}, k.KBs...), k.Created}
	}
	return list
}

func (a *app) keysDelete() *cobra.Command {
	return &cobra.Command{
		Use:   "delete ID|NAME",
		Short: "Delete a key; sessions that it opened end",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withState(c, func(s *state.Store) error {
				if err := s.DeleteKey(c.Context(), args[0]); err != nil {
					return err
				}
				a.notef("Deleted key %s.\n", args[0])
				return nil
			})
		},
	}
}
