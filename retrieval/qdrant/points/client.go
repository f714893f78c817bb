// Package points keeps chunks as points of Qdrant collections and finds them
// there. It is the one package that sees Qdrant's types: what leaves it are kb's
// words, and errors that say what to do.
package points

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/metadata"

	"github.com/askdesk/askdesk/kb"
)

// Options of a Client. Address is needed.
type Options struct {
	Address     string        // host:port of Qdrant's gRPC
	APIKey      string        // "" where it wants none
	TLS         bool          // whether Qdrant speaks TLS
	CA          string        // file with the authorities that its certificate may be of, as PEM; "": the system's
	Timeout     time.Duration // of one call; 0 means 10 s
	BatchPoints int           // most points of one upsert; 0 means 256
	BatchBytes  int           // about the most bytes of one upsert; 0 means 4 MiB
	Log         *slog.Logger  // nil: slog.Default()
	// Waiting is told when a write fails for the first time since one succeeded: why, and
	// about how long it is tried again. Nil for nobody.
	Waiting func(why error, about time.Duration)
}

// Client speaks with one Qdrant. It is safe for concurrent use.
type Client struct {
	opt         Options
	conn        *grpc.ClientConn
	points      qdrant.PointsClient
	collections qdrant.CollectionsClient
	service     qdrant.QdrantClient
	sleep       func(context.Context, time.Duration) error
	waiting     atomic.Bool // Waiting was told
}

const (
	// maxMessage is how many bytes an answer may have. The client's default of 4 MiB
	// is less than a page of long chunks.
	maxMessage = 128 << 20
	// maxReconnect bounds the wait between two attempts to connect. With grpc's
	// default of 2 minutes, calls still fail long after Qdrant is back.
	maxReconnect = 2 * time.Second
)

// Open makes a Client. It contacts nobody: see Check. An address or a file of
// authorities that makes no sense is kb.Invalid.
func Open(opt Options) (*Client, error) { return open(opt) }

func open(opt Options, more ...grpc.DialOption) (*Client, error) {
	opt.Timeout = cmp.Or(opt.Timeout, 10*time.Second)
	opt.BatchPoints, opt.BatchBytes = cmp.Or(opt.BatchPoints, 256), cmp.Or(opt.BatchBytes, 4<<20)
	opt.Log = cmp.Or(opt.Log, slog.Default())
	host, port, err := split(opt.Address)
	if err != nil {
		return nil, err
	}
	secure, err := opt.tls()
	if err != nil {
		return nil, err
	}
	if opt.APIKey != "" && !opt.TLS && !loopback(host) {
		opt.Log.Warn("the API key of Qdrant travels unencrypted: switch TLS on", "address", opt.Address)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // an IPv6 address: qdrant.Config joins without asking
	}
	// One connection carries all calls. A pool would answer no faster, and each of
	// its connections would have an outage of its own.
	client, err := qdrant.NewGrpcClient(&qdrant.Config{
		Host: host, Port: port, UseTLS: opt.TLS, TLSConfig: secure, SkipCompatibilityCheck: true,
		GrpcOptions: append([]grpc.DialOption{
			grpc.WithConnectParams(grpc.ConnectParams{
				Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: .2, MaxDelay: maxReconnect},
				MinConnectTimeout: 5 * time.Second,
			}),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
			grpc.WithChainUnaryInterceptor(withKey(opt.APIKey)),
		}, more...),
	})
	if err != nil {
		return nil, kb.Wrap(kb.Invalid, err, "Qdrant cannot be called at %q: write its address as host:port, such as 127.0.0.1:6334.", opt.Address)
	}
	return &Client{
		opt: opt, conn: client.Conn(), points: client.Points(), collections: client.Collections(), service: client.Qdrant(), sleep: sleep,
	}, nil
}

// withKey sends the key with every call. Config.APIKey would do so too, and warn
// about a plain connection to this very machine.
func withKey(key string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, next grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		if key != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "api-key", key)
		}
		return next(ctx, method, req, reply, cc, opts...)
	}
}

func split(address string) (host string, port int, err error) {
	host, digits, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(digits)
	}
	if err != nil || host == "" || port < 1 || port > 65535 || strings.Contains(host, "/") {
		return "", 0, kb.Wrap(kb.Invalid, err, "%q is no address of Qdrant: write host:port of its gRPC, such as 127.0.0.1:6334.", address)
	}
	return host, port, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (opt *Options) tls() (*tls.Config, error) {
	switch {
	case opt.CA == "":
		return &tls.Config{MinVersion: tls.VersionTLS12}, nil
	case !opt.TLS:
		return nil, kb.Errorf(kb.Invalid, "Qdrant has a file of certificate authorities, but TLS is off: switch it on, or leave the file out.")
	}
	pem, err := os.ReadFile(opt.CA)
	if err != nil {
		return nil, kb.Wrap(kb.Invalid, err, "The file of certificate authorities of Qdrant, %q, cannot be read: check its path and who may read it.", opt.CA)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, kb.Errorf(kb.Invalid, "The file of certificate authorities of Qdrant, %q, holds no certificate: it must be PEM.", opt.CA)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}, nil
}

// Close ends the connection. Calls under way fail.
func (c *Client) Close() error { return c.conn.Close() }

// Server is what a Qdrant says of itself.
type Server struct{ Version string }

// Check proves address, key and version.
func (c *Client) Check(ctx context.Context) (Server, error) {
	var s Server
	err := c.read(ctx, "", func(ctx context.Context) error {
		health, err := c.service.HealthCheck(ctx, &qdrant.HealthCheckRequest{})
		if err != nil {
			return err
		}
		s.Version = health.GetVersion()
		// HealthCheck is answered without a key.
		_, err = c.collections.List(ctx, &qdrant.ListCollectionsRequest{})
		return err
	})
	if err == nil && s.old() {
		err = kb.Errorf(kb.Unavailable, "%s", c.fill(tooOld, ""))
	}
	return s, err
}

// old reports whether a version is known to be before 1.17: those answer with
// vectors where this client no longer looks for them.
func (s Server) old() bool {
	var major, minor int
	n, _ := fmt.Sscanf(s.Version, "%d.%d", &major, &minor) // a build without a version may be any
	return n == 2 && (major < 1 || major == 1 && minor < 17)
}
