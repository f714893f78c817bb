package points

import (
	"context"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/qdrant/go-client/qdrant"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/askdesk/askdesk/kb"
)

// call is one that reached the fake, with what came along.
type call struct {
	method string // such as Points/Upsert
	in     any
	keys   []string
}

// fake answers as a test says, in place of Qdrant.
type fake struct {
	answer func(context.Context, string, any) (any, error)

	mu    sync.Mutex
	calls []call
	waits []time.Duration // that the client made between its tries
}

// of returns the requests of a method, in order.
func of[T any](f *fake, method string) (list []T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if c.method == method {
			list = append(list, c.in.(T))
		}
	}
	return list
}

func (f *fake) serve(ctx context.Context, in any, info *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	method := strings.TrimPrefix(info.FullMethod, "/qdrant.")
	md, _ := metadata.FromIncomingContext(ctx)
	f.mu.Lock()
	f.calls = append(f.calls, call{method, in, md.Get("api-key")})
	f.mu.Unlock()
	return f.answer(ctx, method, in)
}

func (f *fake) server(opts ...grpc.ServerOption) *grpc.Server {
	s := grpc.NewServer(append(opts, grpc.UnaryInterceptor(f.serve))...)
	qdrant.RegisterPointsServer(s, &qdrant.UnimplementedPointsServer{})
	qdrant.RegisterCollectionsServer(s, &qdrant.UnimplementedCollectionsServer{})
	qdrant.RegisterQdrantServer(s, &qdrant.UnimplementedQdrantServer{})
	return s
}

// start puts a fake behind a Client that only notes how long it would wait.
func start(t *testing.T, opt Options, answer func(context.Context, string, any) (any, error), more ...grpc.DialOption) (*Client, *fake) {
	t.Helper()
	f := &fake{answer: answer}
	l := bufconn.Listen(1 << 20)
	s := f.server()
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	opt.Address = "127.0.0.1:6334"
	c := client(t, opt, append(more, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))...)
	f.watch(c)
	return c, f
}

func client(t *testing.T, opt Options, more ...grpc.DialOption) *Client {
	t.Helper()
	if opt.Log == nil {
		opt.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	c, err := open(opt, more...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func (f *fake) watch(c *Client) {
	c.sleep = func(ctx context.Context, d time.Duration) error {
		f.waits = append(f.waits, d)
		return ctx.Err()
	}
}

var (
	spec = Spec{Model: "m", Size: 3}
	done = &qdrant.PointsOperationResponse{Result: &qdrant.UpdateResult{Status: qdrant.UpdateStatus_Completed}}
)

// infoAnswer describes a collection that was made as a spec asks.
func infoAnswer(s Spec) *qdrant.GetCollectionInfoResponse {
	r := s.request("c")
	return &qdrant.GetCollectionInfoResponse{Result: &qdrant.CollectionInfo{
		Status: qdrant.CollectionStatus_Green, PointsCount: new(uint64(7)),
		Config: &qdrant.CollectionConfig{Params: &qdrant.CollectionParams{VectorsConfig: r.VectorsConfig}, Metadata: r.Metadata},
	}}
}

// works answers every call as a Qdrant would that has collections of spec.
func works(_ context.Context, method string, _ any) (any, error) {
	switch method {
	case "Collections/Get":
		return infoAnswer(spec), nil
	case "Collections/List":
		return &qdrant.ListCollectionsResponse{}, nil
	case "Collections/Create", "Collections/Delete", "Collections/UpdateAliases":
		return &qdrant.CollectionOperationResponse{Result: true}, nil
	case "Qdrant/HealthCheck":
		return &qdrant.HealthCheckReply{Version: "1.18.3"}, nil
	case "Points/Upsert", "Points/Delete", "Points/CreateFieldIndex":
		return done, nil
	default:
		return nil, status.Error(codes.Unimplemented, method)
	}
}

// fails answers works, but for a method, which gets what is next of some errors
// and, after those, works too.
func fails(method string, errs ...error) func(context.Context, string, any) (any, error) {
	return func(ctx context.Context, m string, in any) (any, error) {
		if m != method || len(errs) == 0 {
			return works(ctx, m, in)
		}
		err := errs[0]
		errs = errs[1:]
		return nil, err
	}
}

// uuid is an id that ends with n.
func id(n int) string {
	digits := []byte("00000000-0000-0000-0000-000000000000")
	for i := len(digits) - 1; n > 0; i, n = i-1, n/10 {
		digits[i] = byte('0' + n%10)
	}
	return string(digits)
}

// some makes n points that spec takes.
func some(n int) []Point {
	list := make([]Point, n)
	for i := range list {
		list[i] = Point{
			ID: id(i + 1), Revision: "r1", Document: kb.Document{ID: "d1", KB: "base", Audience: kb.Public},
			Chunk:  kb.Chunk{ID: "chunk" + id(i+1), Document: "d1", Text: "Refunds take a week.", Vector: kb.Vector{1, 0, 0}, Model: "m"},
			Sparse: Sparse{[]uint32{7, 3}, []float32{1, 2}}, Terms: []byte{1, 2}, Pieces: []byte{},
		}
	}
	return list
}

// over is what a Qdrant would return of a point that was sent, after the wire.
func over(sent *qdrant.PointStruct) (*qdrant.PointId, map[string]*qdrant.Value, *qdrant.VectorsOutput) {
	out := map[string]*qdrant.VectorOutput{}
	for name, v := range sent.GetVectors().GetVectors().GetVectors() {
		if d := v.GetDense(); d != nil {
			out[name] = &qdrant.VectorOutput{Vector: &qdrant.VectorOutput_Dense{Dense: d}}
		} else {
			out[name] = &qdrant.VectorOutput{Vector: &qdrant.VectorOutput_Sparse{Sparse: v.GetSparse()}}
		}
	}
	return sent.GetId(), sent.GetPayload(), &qdrant.VectorsOutput{
		VectorsOptions: &qdrant.VectorsOutput_Vectors{Vectors: &qdrant.NamedVectorsOutput{Vectors: out}},
	}
}

func retrieved(points ...Point) (list []*qdrant.RetrievedPoint) {
	for i := range points {
		id, payload, vectors := over(encode(&points[i]))
		list = append(list, &qdrant.RetrievedPoint{Id: id, Payload: payload, Vectors: vectors})
	}
	return list
}

func uuids(list []*qdrant.PointId) (ids []string) {
	for _, id := range list {
		ids = append(ids, id.GetUuid())
	}
	return slices.Clip(ids)
}
