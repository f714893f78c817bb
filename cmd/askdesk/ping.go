package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/kb"
)

// pingTime is more than a service takes to find out that its index is away.
const pingTime = 5 * time.Second

func (a *app) pingCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "ping",
		Short: "Ask a running service whether it can answer",
		Long: `Ask the service that runs at the address of the settings whether it can answer: its
/readyz. For health checks where there is no other program, as in a container.

Exit codes: 0 it can; 1 it cannot, and why; 2 wrong usage.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, _, err := a.config(c)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), pingTime)
			defer cancel()
			if err := ping(ctx, cfg.Addr); err != nil {
				return err
			}
			a.printf("ready\n")
			return nil
		},
	}
	c.Flags().String("addr", "", "address that it serves on, HOST:PORT (default 127.0.0.1:8080)")
	return c
}

// ping is nil if the service at an address to serve on is ready.
func ping(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || port == "0" {
		return kb.Errorf(kb.Invalid, "%q is no address of a service: write --addr HOST:PORT, such as 127.0.0.1:8080.", addr)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() { // it serves on all
		host = "127.0.0.1"
	}
	where := "http://" + net.JoinHostPort(host, port)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where+"/readyz", http.NoBody)
	if err != nil {
		return kb.Wrap(kb.Invalid, err, "%q is no address of a service: write --addr HOST:PORT, such as 127.0.0.1:8080.", addr)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy
	resp, err := client.Do(req)
	if err != nil {
		return kb.Wrap(kb.Unavailable, err, "No service answers at %s. Start it with askdesk serve, or name its address with --addr.", where)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	var p api.Problem
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err = errors.Join(err, json.Unmarshal(body, &p)); err != nil {
		err = fmt.Errorf("status %d: %w", resp.StatusCode, err)
	}
	return kb.Wrap(kb.Unavailable, err, "%s", cmp.Or(p.Detail, "What answers at "+where+" is not Askdesk: name its address with --addr."))
}
