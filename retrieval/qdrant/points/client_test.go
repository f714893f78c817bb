package points

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/qdrant/go-client/qdrant"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/askdesk/askdesk/kb"
)

func TestOpenRefuses(t *testing.T) {
	for _, address := range []string{"", "localhost", ":6334", "localhost:0", "localhost:65536", "localhost:x", "http://localhost:6334", "::1:6334"} {
		_, err := Open(Options{Address: address})
		require.Equal(t, kb.Invalid, kb.CodeOf(err), address)
		require.ErrorContains(t, err, "127.0.0.1:6334")
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	for _, opt := range []Options{{TLS: true, CA: file}, {CA: file}} {
		opt.Address = "localhost:6334"
		_, err := Open(opt)
		require.Equal(t, kb.Invalid, kb.CodeOf(err), opt)
	}
	require.NoError(t, os.WriteFile(file, []byte("no certificate"), 0o600))
	_, err := Open(Options{Address: "localhost:6334", TLS: true, CA: file})
	require.ErrorContains(t, err, "must be PEM")
}

func TestOpenContactsNobody(t *testing.T) {
	for _, address := range []string{"localhost:1", "[::1]:6334", "qdrant.example:6334"} {
		client(t, Options{Address: address})
	}
}

func TestKeyOverPlainConnectionIsWarnedOf(t *testing.T) {
	for _, tc := range []struct {
		opt   Options
		warns bool
	}{
		{Options{Address: "qdrant.example:6334", APIKey: "s3cret"}, true},
		{Options{Address: "10.0.0.1:6334", APIKey: "s3cret"}, true},
		{Options{Address: "qdrant.example:6334", APIKey: "s3cret", TLS: true}, false},
		{Options{Address: "qdrant.example:6334"}, false},
		{Options{Address: "localhost:6334", APIKey: "s3cret"}, false},
		{Options{Address: "127.0.0.1:6334", APIKey: "s3cret"}, false},
		{Options{Address: "[::1]:6334", APIKey: "s3cret"}, false},
	} {
		var log bytes.Buffer
		tc.opt.Log = slog.New(slog.NewTextHandler(&log, nil))
		client(t, tc.opt)
		require.Equal(t, tc.warns, bytes.Contains(log.Bytes(), []byte("unencrypted")), tc.opt)
		require.NotContains(t, log.String(), "s3cret")
	}
}

func TestCheck(t *testing.T) {
	c, f := start(t, Options{APIKey: "k"}, works)
	s, err := c.Check(t.Context())
	require.NoError(t, err)
	require.Equal(t, "1.18.3", s.Version)
	for _, call := range f.calls {
		require.Equal(t, []string{"k"}, call.keys, "once with each call")
	}

	c, _ = start(t, Options{APIKey: "k"}, fails("Collections/List", status.Error(codes.Unauthenticated, "Invalid API key or JWT")))
	_, err = c.Check(t.Context())
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.ErrorContains(t, err, "refuses the API key")

	for version, ok := range map[string]bool{"1.16.3": false, "0.9.0": false, "1.17.0": true, "2.0.0": true, "1.20.0-dev": true, "": true} {
		c, _ = start(t, Options{}, answers("Qdrant/HealthCheck", &qdrant.HealthCheckReply{Version: version}))
		_, err = c.Check(t.Context())
		require.Equal(t, ok, err == nil, version)
	}
}

// serveTCP runs a fake at an address of this machine.
func serveTCP(t *testing.T, address string, opts ...grpc.ServerOption) (string, *grpc.Server) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	require.NoError(t, err)
	s := (&fake{answer: works}).server(opts...)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().String(), s
}

// A Qdrant that restarts is met again by the same Client.
func TestServerThatComesBack(t *testing.T) {
	address, s := serveTCP(t, "127.0.0.1:0")
	c := client(t, Options{Address: address})
	require.NoError(t, c.Drop(t.Context(), "c"))
	s.Stop()
	_, err := c.Info(t.Context(), "c")
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	serveTCP(t, address)
	require.NoError(t, c.Drop(t.Context(), "c"), "a write waits for it")
	_, err = c.Info(t.Context(), "c")
	require.NoError(t, err)
}

func TestTLS(t *testing.T) {
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS() // has a certificate for 127.0.0.1
	t.Cleanup(web.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600))
	secure, _ := serveTCP(t, "127.0.0.1:0", grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS13})))
	plain, _ := serveTCP(t, "127.0.0.1:0")
	_, port, err := net.SplitHostPort(secure)
	require.NoError(t, err)

	for name, tc := range map[string]struct {
		opt  Options
		says string
	}{
		"right":             {Options{Address: secure, TLS: true, CA: ca}, ""},
		"plain":             {Options{Address: plain}, ""},
		"unknown authority": {Options{Address: secure, TLS: true}, "name the file of that authority"},
		"TLS to plain":      {Options{Address: plain, TLS: true, CA: ca}, "index.qdrant.tls: false"},
		"plain to TLS":      {Options{Address: secure}, "index.qdrant.tls: true"},
		"other name":        {Options{Address: "localhost:" + port, TLS: true, CA: ca}, "names this host"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, tc.opt).Check(t.Context())
			if tc.says == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, kb.Unavailable, kb.CodeOf(err))
			require.ErrorContains(t, err, tc.says)
		})
	}
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l.Close()
	c := client(t, Options{Address: l.Addr().String()})
	_, err = c.Check(t.Context())
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.ErrorContains(t, err, l.Addr().String()+" cannot be reached: check that it runs")

	// Somebody who hangs up on everyone.
	l, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	c = client(t, Options{Address: l.Addr().String()})
	f := &fake{}
	f.watch(c)
	err = c.Drop(t.Context(), "c")
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.NotEmpty(t, f.waits, "it may come to its senses")
}

// A web server answers at the address: it is no old Qdrant.
func TestAddressOfSomethingElse(t *testing.T) {
	for _, code := range []int{http.StatusNotFound, http.StatusOK} {
		web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(code)
		}))
		web.Config.Protocols = new(http.Protocols)
		web.Config.Protocols.SetUnencryptedHTTP2(true)
		web.Start()
		t.Cleanup(web.Close)
		_, err := client(t, Options{Address: web.Listener.Addr().String()}).Check(t.Context())
		require.Equal(t, kb.Unavailable, kb.CodeOf(err), code)
		require.ErrorContains(t, err, "is not Qdrant's gRPC: set index.qdrant.address", code)
	}
}

func TestMessageLargerThanTheClientTakes(t *testing.T) {
	c, _ := start(t, Options{}, answers("Collections/List", &qdrant.ListCollectionsResponse{Collections: []*qdrant.CollectionDescription{{Name: string(make([]byte, 900))}}}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(800)))
	_, err := c.Collections(t.Context(), "")
	require.Equal(t, kb.TooLarge, kb.CodeOf(err))
}

func TestEveryAnswerBecomesAnErrorThatHelps(t *testing.T) {
	const help = `: |set index|raise index|update it|is stopping`
	for _, tc := range []struct {
		err   error
		means kb.Code
		again bool
		says  string
	}{
		{status.Error(codes.Unavailable, "connection refused"), kb.Unavailable, true, "check that it runs, and index.qdrant.address"},
		{status.Error(codes.Unavailable, `connection error: desc = "transport: authentication handshake failed: tls: first record does not look like a TLS handshake"`), kb.Unavailable, false, "index.qdrant.tls: false"},
		{status.Error(codes.Unavailable, `connection error: desc = "error reading server preface: EOF"`), kb.Unavailable, true, "index.qdrant.tls: true"},
		{status.Error(codes.Unavailable, `transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority`), kb.Unavailable, false, "ca"},
		{status.Error(codes.Unavailable, `transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate has expired`), kb.Unavailable, false, "dates"},
		{status.Error(codes.Unavailable, `transport: authentication handshake failed: EOF`), kb.Unavailable, true, "TLS"},
		{status.Error(codes.DeadlineExceeded, ""), kb.Timeout, true, "a call has 10s at most"},
		{context.DeadlineExceeded, kb.Timeout, true, "a call has 10s at most"},
		{status.Error(codes.Canceled, "Timeout expired"), kb.Timeout, true, "a call has 10s at most"},
		{status.Error(codes.Canceled, "grpc: the client connection is closing"), kb.Unavailable, false, "stopping"},
		{status.Error(codes.Aborted, ""), kb.Unavailable, true, "try again"},
		{status.Error(codes.ResourceExhausted, "grpc: received message larger than max (5 vs. 4)"), kb.TooLarge, false, "chunks shorter"},
		{status.Error(codes.ResourceExhausted, "limit"), kb.RateLimited, true, "later"},
		{&qdrant.QdrantResourceExhaustedError{Reason: "limit", RetryAfterS: 30}, kb.RateLimited, true, "later"},
		{status.Error(codes.Unauthenticated, "Must provide an API key"), kb.Unavailable, false, "api_key"},
		{status.Error(codes.PermissionDenied, "Forbidden"), kb.Unavailable, false, "may write"},
		{status.Error(codes.NotFound, "Not found: Collection `c` doesn't exist!"), kb.NotFound, false, `does not have the collection "c"`},
		{status.Error(codes.AlreadyExists, ""), kb.Conflict, false, "remove"},
		{status.Error(codes.InvalidArgument, "Wrong input: Vector dimension error: expected dim: 256, got 128"), kb.Invalid, false, "another size"},
		{status.Error(codes.InvalidArgument, "Wrong input: Not existing vector name error: dense"), kb.Invalid, false, "no such vectors"},
		{status.Error(codes.InvalidArgument, "Help: strict mode"), kb.Invalid, false, "the log has its reason"},
		{status.Error(codes.Unimplemented, ""), kb.Unavailable, false, "update it to 1.17"},
		{status.Error(codes.Internal, "No space left on device"), kb.Unavailable, false, "disk is full"},
		{status.Error(codes.FailedPrecondition, "locked"), kb.Unavailable, false, "look at its log"},
	} {
		c := client(t, Options{Address: "127.0.0.1:6334"})
		err := c.explain(t.Context(), "c", tc.err)
		require.Equal(t, tc.means, kb.CodeOf(err), tc.err)
		require.ErrorContains(t, err, tc.says)
		require.Regexp(t, help, err.Error())
		require.NotContains(t, err.Error(), "{")
		require.ErrorIs(t, err, tc.err)
		again, _ := transient(tc.err)
		require.Equal(t, tc.again, again, tc.err)
	}
}
