package openai

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

// server answers like an embedding endpoint: the vector of a text is
// (its length, 1). Each reply in script stands in for one answer, in order.
type server struct {
	script []reply
	asked  [][]string
	bodies []map[string]any
	limit  int            // bytes beyond which a text is too long; 0: none
	items  int            // texts beyond which a request is too large; 0: none
	bad    map[string]int // statuses by text; with 200 its vector is of zeros
}

type reply struct {
	status int
	header string // Retry-After
	body   string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	data, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(data, &body)
	var in struct{ Input []string }
	_ = json.Unmarshal(data, &in)
	s.asked, s.bodies = append(s.asked, in.Input), append(s.bodies, body)
	w.Header().Set("Content-Type", "application/json")
	if len(s.script) > 0 {
		next := s.script[0]
		s.script = s.script[1:]
		if next.header != "" {
			w.Header().Set("Retry-After", next.header)
		}
		w.WriteHeader(next.status)
		fmt.Fprint(w, next.body)
		return
	}
	if s.items > 0 && len(in.Input) > s.items {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		fmt.Fprintf(w, `{"error":"batch size %d > maximum allowed batch size %d"}`, len(in.Input), s.items)
		return
	}
	for _, text := range in.Input {
		if status := s.bad[text]; status >= 400 {
			w.WriteHeader(status)
			fmt.Fprint(w, `{"error":{"message":"invalid token"}}`)
			return
		}
		if s.limit > 0 && len(text) > s.limit {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{"error":{"code":500,"message":"input is too large to process. increase the physical batch size","type":"server_error"}}`)
			return
		}
	}
	data2 := []map[string]any{}
	for i := len(in.Input) - 1; i >= 0; i-- { // any order is allowed
		vector := []float64{float64(len(in.Input[i])), 1}
		if s.bad[in.Input[i]] == http.StatusOK {
			vector = []float64{0, 0}
		}
		data2 = append(data2, map[string]any{"object": "embedding", "index": i, "embedding": vector})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": data2, "model": "served"})
}

func start(t *testing.T, s *server, opt Options) *Embedder {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	opt.BaseURL, opt.Model, opt.HTTPClient = srv.URL+"/v1/", "bge", srv.Client()
	e, err := New(opt)
	require.NoError(t, err)
	e.wait = time.Millisecond
	return e
}

func unit(x, y float64) kb.Vector {
	n := math.Hypot(x, y)
	return kb.Vector{float32(x / n), float32(y / n)}
}

const unavailable = `{"error":{"message":"overloaded","type":"server_error","code":"busy"}}`

func TestEmbed(t *testing.T) {
	s := &server{}
	e := start(t, s, Options{QueryPrefix: "query: ", DocumentPrefix: "doc: "})
	got, err := e.Embed(t.Context(), kb.EmbedDocument, []string{"a", "bcd", " "})
	require.NoError(t, err)
	require.Equal(t, []kb.Vector{unit(6, 1), unit(8, 1), unit(6, 1)}, got)
	_, err = e.Embed(t.Context(), kb.EmbedQuery, []string{"a\xff"})
	require.NoError(t, err)
	require.Equal(t, [][]string{{"doc: a", "doc: bcd", "doc: -"}, {"query: a\uFFFD"}}, s.asked)
	require.Equal(t, "bge", s.bodies[0]["model"])
	require.NotContains(t, s.bodies[0], "dimensions")

	none, err := e.Embed(t.Context(), kb.EmbedDocument, nil)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestModelNamesWhatChangesVectors(t *testing.T) {
	e := start(t, &server{}, Options{})
	require.Equal(t, "bge/?", e.Model())
	require.NoError(t, e.Probe(t.Context()))
	require.Equal(t, "bge/2", e.Model())
	require.Equal(t, "bge/768", start(t, &server{}, Options{Dimensions: 768}).Model())
	prefixed := start(t, &server{}, Options{Dimensions: 2, DocumentPrefix: "passage: "}).Model()
	require.Regexp(t, `^bge/2/[0-9a-f]{8}$`, prefixed)
	require.Equal(t, "bge/2", start(t, &server{}, Options{Dimensions: 2, QueryPrefix: "query: "}).Model())
}

func TestBatches(t *testing.T) {
	in := []string{"aa", "bb", "cc", "dddddd", "e"}
	for _, tc := range []struct{ from, items, size, want int }{
		{0, 2, 5, 2}, {2, 2, 5, 1}, {3, 2, 5, 1}, {4, 2, 5, 1}, {0, 3, 100, 3}, {3, 3, 100, 2}, {0, 9, 4, 2}, {0, 1, 100, 1},
	} {
		require.Equal(t, tc.want, first(in[tc.from:], tc.items, tc.size), tc)
	}
	require.Equal(t, 2, first([]string{"éé", "éé"}, 9, 4), "characters, not bytes")
	s := &server{}
	e := start(t, s, Options{BatchItems: 2})
	got, err := e.Embed(t.Context(), kb.EmbedDocument, []string{"a", "bb", "ccc"})
	require.NoError(t, err)
	require.Len(t, s.asked, 2)
	require.Equal(t, []kb.Vector{unit(1, 1), unit(2, 1), unit(3, 1)}, got)
}

func TestEmbedTriesAgain(t *testing.T) {
	for _, script := range [][]reply{
		{{status: 429, body: unavailable}},
		{{status: 500, body: unavailable}, {status: 503, body: "<html>bad gateway</html>"}},
		{{status: 429, header: "0", body: unavailable}},
	} {
		s := &server{script: script}
		got, err := start(t, s, Options{}).Embed(t.Context(), kb.EmbedDocument, []string{"a"})
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Len(t, s.asked, len(script)+1)
	}
}

func TestEmbedWaitsAsLongAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asks := func(kind kb.EmbedKind, wait string) (time.Duration, error) {
			s := &server{script: []reply{{status: 429, header: wait, body: unavailable}}}
			e, err := New(Options{BaseURL: "http://embedder.example/v1", Model: "bge", HTTPClient: &http.Client{Transport: direct{s}}})
			require.NoError(t, err)
			began := time.Now()
			_, err = e.Embed(t.Context(), kind, []string{"a"})
			return time.Since(began), err
		}
		took, err := asks(kb.EmbedDocument, "7")
		require.NoError(t, err)
		require.Equal(t, 7*time.Second, took)

		// Longer than a query may wait: it gives up at once.
		took, err = asks(kb.EmbedQuery, "600")
		require.Equal(t, kb.Unavailable, kb.CodeOf(err))
		require.Contains(t, kb.MessageOf(err), "busy")
		require.Zero(t, took)
	})
}

// direct calls a handler without a network, so that a test's clock can stand in.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

func TestEmbedMakesRequestsSmaller(t *testing.T) {
	s := &server{limit: 70}
	var log bytes.Buffer
	opt := Options{Log: slog.New(slog.NewTextHandler(&log, nil))}
	got, err := start(t, s, opt).Embed(t.Context(), kb.EmbedDocument, []string{"short", strings.Repeat("é", 100)})
	require.NoError(t, err)
	require.Equal(t, []kb.Vector{unit(5, 1), unit(64, 1)}, got)
	require.Len(t, s.asked, 5, "both, the short one, the long one, its half, its third")
	require.Contains(t, log.String(), "characters=100 embedded=32")
	require.NotContains(t, log.String(), "é", "texts are not for the log")

	s = &server{limit: 1}
	_, err = start(t, s, Options{}).Embed(t.Context(), kb.EmbedDocument, []string{strings.Repeat("x", 5000)})
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.Contains(t, kb.MessageOf(err), "even 32 characters too long")
	_, err = start(t, s, Options{}).Embed(t.Context(), kb.EmbedQuery, []string{"word"})
	require.Contains(t, kb.MessageOf(err), "even 4 characters too long")
}

// Whatever a server's limits are, each text gets the vector of its own beginning.
func TestEmbedFitsAnyLimit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		s := &server{limit: surelyShort + rng.IntN(200), items: 1 + rng.IntN(9)}
		texts := make([]string, rng.IntN(20))
		for i := range texts {
			texts[i] = strings.Repeat("x", 1+rng.IntN(600))
		}
		got, err := start(t, s, Options{BatchItems: 1 + rng.IntN(30), BatchChars: 1 + rng.IntN(3000)}).Embed(t.Context(), kb.EmbedDocument, texts)
		require.NoError(t, err)
		require.Len(t, got, len(texts))
		for i, text := range texts {
			n := len(text)
			for n > s.limit {
				n = max(n/2, surelyShort)
			}
			require.Equal(t, unit(float64(n), 1), got[i])
		}
	}
}

// slow is a server that takes some time for each text.
type slow struct {
	server
	each time.Duration
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	select {
	case <-time.After(s.each * time.Duration(len(s.asked[len(s.asked)-1]))):
		return w.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func TestEmbedAsksASlowServerForLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{each: 4 * time.Second}
		e, err := New(Options{BaseURL: "http://embedder.example/v1", Model: "bge", HTTPClient: &http.Client{Transport: s}})
		require.NoError(t, err)
		texts := make([]string, 100)
		for i := range texts {
			texts[i] = strings.Repeat("x", i+1)
		}
		got, err := e.Embed(t.Context(), kb.EmbedDocument, texts)
		require.NoError(t, err)
		for i := range texts {
			require.Equal(t, unit(float64(i+1), 1), got[i])
		}
		var sizes []int
		for _, asked := range s.asked {
			sizes = append(sizes, len(asked))
		}
		require.Equal(t, []int{64, 32, 16, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 4}, sizes)

		s.each = 2 * time.Minute // even one text is too much
		_, err = e.Embed(t.Context(), kb.EmbedDocument, texts[:1])
		require.Contains(t, kb.MessageOf(err), "did not answer")
	})
}

func TestEmbedReadsBase64(t *testing.T) {
	vector := func(list ...float32) string {
		var raw []byte
		for _, x := range list {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
		}
		return fmt.Sprintf(`{"data":[{"index":0,"embedding":%q}]}`, base64.StdEncoding.EncodeToString(raw))
	}
	ask := func(body string) ([]kb.Vector, error) {
		s := &server{script: []reply{{status: 200, body: body}}}
		defer func() { require.Equal(t, "float", s.bodies[0]["encoding_format"]) }()
		return start(t, s, Options{}).Embed(t.Context(), kb.EmbedQuery, []string{"a"})
	}
	got, err := ask(vector(3, -4))
	require.NoError(t, err)
	require.Equal(t, []kb.Vector{unit(3, -4)}, got)
	for body, want := range map[string]string{
		vector(1, float32(math.NaN())): "without a direction", vector(1, float32(math.Inf(-1))): "without a direction", vector(): "without a direction",
		`{"data":[{"index":0,"embedding":"AAA"}]}`: "makes no sense", `{"data":[{"index":0,"embedding":"AAAA"}]}`: "makes no sense",
	} {
		_, err := ask(body)
		require.Contains(t, kb.MessageOf(err), want, body)
	}
}

func TestEmbedNoticesAnotherModel(t *testing.T) {
	vector := func(model string) reply {
		return reply{status: 200, body: fmt.Sprintf(`{"model":%q,"data":[{"index":0,"embedding":[1,2]}]}`, model)}
	}
	s := &server{script: []reply{vector(""), vector("small"), vector(""), vector("small"), vector("large")}}
	e := start(t, s, Options{})
	for range 4 {
		_, err := e.Embed(t.Context(), kb.EmbedQuery, []string{"a"})
		require.NoError(t, err)
	}
	_, err := e.Embed(t.Context(), kb.EmbedQuery, []string{"a"})
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.Contains(t, kb.MessageOf(err), `the model "large" after "small"`)
}

func TestEmbedSaysWhatToDo(t *testing.T) {
	vectors := func(list ...string) reply {
		return reply{200, "", `{"object":"list","data":[` + strings.Join(list, ",") + `]}`}
	}
	huge := `{"index":0,"embedding":[1` + strings.Repeat(",1", MaxDimensions) + `]}`
	for _, tc := range []struct {
		name string
		opt  Options
		back reply
		want string
	}{
		{"key", Options{}, reply{401, "", `{"error":{"message":"bad key"}}`}, "api_key"},
		{"no route", Options{}, reply{404, "", `404 page not found`}, "base_url"},
		{"no embeddings", Options{}, reply{501, "", `{"error":{"code":501,"message":"not supported","type":"not_supported_error"}}`}, "base_url"},
		{"refused", Options{}, reply{400, "", `{"error":{"message":"no such model"}}`}, "model and dimensions"},
		{"not JSON", Options{}, reply{200, "", `<html>hello</html>`}, "makes no sense"},
		{"too few", Options{}, vectors(`{"index":0,"embedding":[1,2]}`), "takes lists"},
		{"same index twice", Options{}, vectors(`{"index":0,"embedding":[1,2]}`, `{"index":0,"embedding":[1,2]}`), "another one"},
		{"index outside", Options{}, vectors(`{"index":0,"embedding":[1,2]}`, `{"index":2,"embedding":[1,2]}`), "another one"},
		{"other size than set", Options{Dimensions: 3}, vectors(`{"index":0,"embedding":[1,2]}`, `{"index":1,"embedding":[1,2]}`), "set dimensions to 2"},
		{"two sizes", Options{}, vectors(`{"index":0,"embedding":[1,2]}`, `{"index":1,"embedding":[1,2,3]}`), "another model"},
		{"zeros", Options{}, vectors(`{"index":0,"embedding":[0,0]}`, `{"index":1,"embedding":[1,2]}`), "embedding model"},
		{"null for a number", Options{}, vectors(`{"index":0,"embedding":[1,null]}`, `{"index":1,"embedding":[1,2]}`), "makes no sense"},
		{"more than a code holds", Options{}, vectors(huge, `{"index":1,"embedding":[1,2]}`), "16000 are the most"},
		{"nothing in it", Options{}, vectors(`{"index":0,"embedding":[]}`, `{"index":1,"embedding":[1,2]}`), "embedding model"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &server{script: []reply{tc.back}}
			got, err := start(t, s, tc.opt).Embed(t.Context(), kb.EmbedQuery, []string{"a", "b"})
			require.Nil(t, got)
			require.Contains(t, kb.MessageOf(err), tc.want)
			require.Equal(t, kb.Unavailable, kb.CodeOf(err), "no text is at fault")
			require.NotContains(t, kb.MessageOf(err), "http://", "addresses are for the log")
			require.Len(t, s.asked, 1, "asking again does not help")
		})
	}
}

func TestEmbedAgainstNobody(t *testing.T) {
	srv := httptest.NewServer(nil)
	srv.Close()
	e, err := New(Options{BaseURL: srv.URL, Model: "bge"})
	require.NoError(t, err)
	e.wait = time.Microsecond
	_, err = e.Embed(t.Context(), kb.EmbedDocument, []string{"a"})
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.Contains(t, kb.MessageOf(err), "did not answer")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = e.Embed(ctx, kb.EmbedQuery, []string{"a"})
	require.ErrorIs(t, err, context.Canceled)
}

// One text that a server has no vector for is told from a server that has none at all.
func TestEmbedTellsWhoIsAtFault(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			s := &server{bad: map[string]int{"doc: POISON": status}}
			e := start(t, s, Options{DocumentPrefix: "doc: "})
			texts := []string{"a", "b", "c", "POISON", "d"}
			_, err := e.Embed(t.Context(), kb.EmbedDocument, texts)
			require.Equal(t, kb.Invalid, kb.CodeOf(err), "%v", err)
			require.Equal(t, []string{"doc: probe"}, s.asked[len(s.asked)-1])
			got, err := e.Embed(t.Context(), kb.EmbedDocument, texts[:3])
			require.NoError(t, err)
			require.Len(t, got, 3)

			_, err = e.Embed(t.Context(), kb.EmbedQuery, []string{"doc: POISON"})
			require.Equal(t, kb.Unavailable, kb.CodeOf(err), "a question is then searched by words")
			s.bad["doc: probe"] = status
			_, err = e.Embed(t.Context(), kb.EmbedDocument, texts)
			require.Equal(t, kb.Unavailable, kb.CodeOf(err), "it has none for any text")
		})
	}
}

func TestEmbedGivesUpOnASlowServer(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(release) })
	e, err := New(Options{BaseURL: srv.URL, Model: "bge", Timeout: 20 * time.Millisecond})
	require.NoError(t, err)
	e.wait = time.Millisecond
	_, err = e.Embed(t.Context(), kb.EmbedDocument, []string{"a"})
	require.Contains(t, kb.MessageOf(err), "did not answer")
}

func TestNewRefuses(t *testing.T) {
	const url = "http://x"
	for _, opt := range []Options{
		{}, {BaseURL: url}, {Model: "bge"}, {BaseURL: url, Model: "bge", Dimensions: MaxDimensions + 1},
		{BaseURL: url, Model: "bge", Dimensions: -1}, {BaseURL: url, Model: "bge", BatchItems: -1}, {BaseURL: url, Model: "bge", BatchChars: -1},
	} {
		_, err := New(opt)
		require.Equal(t, kb.Invalid, kb.CodeOf(err))
	}
}

func TestNormalise(t *testing.T) {
	v, ok := normalise([]float32{3, 4})
	require.True(t, ok)
	require.InDeltaSlice(t, []float32{0.6, 0.8}, []float32(v), 1e-7)
	for _, bad := range [][]float32{nil, {0, 0}, {float32(math.NaN()), 1}, {float32(math.Inf(1)), 1}} {
		_, ok := normalise(bad)
		require.False(t, ok)
	}
}
