// Package pointstest is a Qdrant for tests, in memory and in this process: it answers
// over gRPC what package points asks, as Qdrant 1.18 does, and compares with every
// vector. It is stricter in one thing: a filter by a field without an index is refused.
package pointstest

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qdrant/go-client/qdrant"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

// Server is a running Qdrant. It is safe for concurrent use.
type Server struct {
	t       testing.TB
	address string
	grpc    *grpc.Server // nil while it is stopped

	fault sync.Mutex // guards what follows
	fail  func(method string, n int) error
	asked int // times that fail was

	mu          sync.Mutex // guards what follows
	collections map[string]*collection
	aliases     map[string]string
}

// Start starts a Server on a free port of this machine. It ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, address: "127.0.0.1:0", collections: map[string]*collection{}, aliases: map[string]string{}}
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Address is host:port of its gRPC.
func (s *Server) Address() string { return s.address }

// Start lets a stopped server answer again, at its address and with its data.
func (s *Server) Start() {
	s.t.Helper()
	l, err := net.Listen("tcp", s.address)
	require.NoError(s.t, err)
	s.address = l.Addr().String()
	s.grpc = grpc.NewServer(
		grpc.UnaryInterceptor(s.answer), grpc.MaxRecvMsgSize(1<<30),
		// As Qdrant has it: the client asks every 10 s whether anybody is there.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}),
	)
	qdrant.RegisterQdrantServer(s.grpc, health{})
	qdrant.RegisterCollectionsServer(s.grpc, collections{Server: s})
	qdrant.RegisterPointsServer(s.grpc, points{Server: s})
	server := s.grpc
	go func() { _ = server.Serve(l) }()
}

// Stop breaks off all calls and answers no more. What was taken is kept.
func (s *Server) Stop() {
	if s.grpc != nil {
		s.grpc.Stop()
	}
	s.grpc = nil
}

// Fail has every call, by its method such as Points/Upsert, ask whether it fails:
// once before it does anything and once, if it did not fail itself, before its answer
// leaves. N counts these questions from 1. Fail may make calls itself. Nil: no more.
func (s *Server) Fail(fail func(method string, n int) error) {
	s.fault.Lock()
	defer s.fault.Unlock()
	s.fail, s.asked = fail, 0
}

// Asked is how many questions there were since the last Fail.
func (s *Server) Asked() int {
	s.fault.Lock()
	defer s.fault.Unlock()
	return s.asked
}

// Crash is an error after which no call is made again.
func Crash() error { return status.Error(codes.Internal, "crashed") }

func (s *Server) failure(method string) error {
	s.fault.Lock()
	s.asked++
	fail, n := s.fail, s.asked
	s.fault.Unlock()
	if fail == nil {
		return nil
	}
	return fail(method, n)
}

// answer lets one call at a time in.
func (s *Server) answer(ctx context.Context, in any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	method := strings.TrimPrefix(info.FullMethod, "/qdrant.")
	if err := s.failure(method); err != nil {
		return nil, err
	}
	s.mu.Lock()
	out, err := handle(ctx, in)
	s.mu.Unlock()
	if err == nil {
		err = s.failure(method)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Points is how many points a collection has; 0 if there is none.
func (s *Server) Points(collection string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.collections[collection]; c != nil {
		return len(c.points)
	}
	return 0
}

type health struct {
	qdrant.UnimplementedQdrantServer
}

func (health) HealthCheck(context.Context, *qdrant.HealthCheckRequest) (*qdrant.HealthCheckReply, error) {
	return &qdrant.HealthCheckReply{Title: "a Qdrant for tests", Version: "1.18.3"}, nil
}

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, "Wrong input: "+format, args...)
}

func missing(name string) error {
	return status.Errorf(codes.NotFound, "Not found: Collection `%s` doesn't exist!", name)
}

// find returns a collection by its name or alias.
func (s *Server) find(name string) (*collection, error) {
	if to, ok := s.aliases[name]; ok {
		name = to
	}
	if c := s.collections[name]; c != nil {
		return c, nil
	}
	return nil, missing(name)
}
