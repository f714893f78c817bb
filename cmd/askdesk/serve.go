package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/askdesk/askdesk/internal/config"
	"github.com/askdesk/askdesk/internal/web/pages"
	"github.com/askdesk/askdesk/kb"
)

// garbage is how many percent of what it needs a service lets garbage grow to. Most
// of its memory is indexes, which stay: Go's 100 would reserve as much again.
const garbage = 25

func (a *app) serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the chat page and the HTTP API",
		Long: `Serve the chat page and the HTTP API over every knowledge base of the data folder.
On a loopback address no key is needed until one is made; any other address needs a key
(askdesk keys create) or --no-auth.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, _, err := a.config(c)
			if err != nil {
				return err
			}
			if a.env("GOGC") == "" {
				debug.SetGCPercent(garbage)
			}
			return a.withService(c, func(ctx context.Context, s *service) error {
				listener, err := net.Listen("tcp", cfg.Addr)
				if err != nil {
					return listenError(cfg.Addr, err)
				}
				return a.serve(ctx, s, listener, pages.Options{})
			})
		},
	}
	c.Flags().String("addr", "", "address to serve on, HOST:PORT (default 127.0.0.1:8080)")
	c.Flags().Bool("no-auth", false, "serve without keys, to everybody who reaches the address")
	c.Flags().String("model", "", "default model profile")
	return c
}

// serve runs the service on a listener, which it closes, until ctx ends.
func (a *app) serve(ctx context.Context, s *service, l net.Listener, page pages.Options) (err error) {
	defer l.Close()
	if err := s.mayServe(ctx, l.Addr()); err != nil {
		return err
	}
	other, done := s.state.Serving(address(l.Addr()))
	defer func() { err = errors.Join(err, done()) }()
	if other != "" {
		s.log.Warn("another process serves this data folder too", "at", other)
	}
	taken, err := s.takeUploads(ctx)
	if err != nil {
		return err
	}
	server, err := s.server(page, l.Addr(), taken)
	if err != nil {
		return errors.Join(err, taken.Close(ctx))
	}
	aside, end := context.WithCancel(ctx)
	var side sync.WaitGroup
	side.Go(func() { s.tidy(aside) })
	side.Go(func() { s.forget(aside) })
	side.Go(func() { s.probeModel(aside) })
	a.printf("Askdesk is at %s\n", address(l.Addr()))
	a.notef("Stop it with Ctrl-C. Live answers are finished first.\n")
	err = server.Serve(ctx, l)
	end()
	side.Wait()
	// The document being read may be finished; what is queued is read next time.
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, taken.Close(patience))
}

// probeModel tells at the start what becomes of answers while the default model
// cannot be reached.
func (s *service) probeModel(ctx context.Context) {
	model, ok := s.models[s.cfg.Model]
	if !ok { // it quotes
		return
	}
	patient, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := model.Check(patient); err != nil && ctx.Err() == nil {
		s.note("The model %s is not there: %s. Until it is, answers are quotes from the documents and say so. Test it with: %s\n",
			s.cfg.Model, kb.MessageOf(err), typed(s.program, "doctor", s.folder))
	}
}

// mayServe refuses to open documents to a network without saying so.
func (s *service) mayServe(ctx context.Context, addr net.Addr) error {
	if loopback(addr) || s.cfg.NoAuth {
		return nil
	}
	inUse, err := s.state.KeysInUse(ctx)
	if err != nil || inUse {
		return err
	}
	return kb.Errorf(kb.Invalid, "%s can be reached by others, and there is no API key yet. Make one with\n  %s\nor say --no-auth to let everybody in.",
		addr, typed(s.program, "keys create --name NAME --role admin", s.folder))
}

func loopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// address is what a person types into a browser.
func address(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	return "http://" + addr.String()
}

func listenError(addr string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return kb.Wrap(kb.Conflict, err, "Another program uses %s. Choose another address with --addr, such as 127.0.0.1:0 for a free port.", addr)
	}
	return kb.Wrap(kb.Invalid, err, "Cannot serve on %s. Write --addr HOST:PORT, such as 127.0.0.1:8080.", addr)
}

// listenNear listens on the address or, if it is the default one and cannot be
// had, on a free port.
func listenNear(cfg config.Config) (net.Listener, error) {
	l, err := net.Listen("tcp", cfg.Addr)
	if err != nil && cfg.Addr == config.Default().Addr {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, listenError(cfg.Addr, err)
	}
	return l, nil
}

// browse opens the address in the person's browser, if there is one. That it
// cannot is no error: the address is printed.
func browse(ctx context.Context, address string) {
	argv := browserCommand(runtime.GOOS, address)
	if argv == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	go func() {
		defer cancel()
		_ = exec.CommandContext(ctx, argv[0], argv[1:]...).Run()
	}()
}

// browserCommand names the programs that open an address, by system.
func browserCommand(goos, address string) []string {
	switch goos {
	case "darwin":
		return []string{"open", address}
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler", address}
	}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return nil
	}
	return []string{"xdg-open", address}
}
