package openai_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// server speaks the protocol as llama.cpp's server was recorded to speak it.
type server struct {
	*httptest.Server
	replies []func(http.ResponseWriter, *http.Request) // one a request; the last one stays

	mu     sync.Mutex
	bodies []map[string]any
	left   chan struct{} // a value for each request whose client went away
}

func serve(t *testing.T, replies ...func(http.ResponseWriter, *http.Request)) *server {
	s := &server{replies: replies, left: make(chan struct{}, 16)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"object":"list","data":[{"id":"smollm2-135m","object":"model","meta":{"n_ctx":4096}}]}`)
	})
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		s.mu.Lock()
		n := min(len(s.bodies), len(s.replies)-1)
		s.bodies = append(s.bodies, body)
		s.mu.Unlock()
		s.replies[n](w, r)
		if r.Context().Err() != nil {
			s.left <- struct{}{}
		}
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *server) requests() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies
}

// chunk is one event of a stream.
func chunk(w http.ResponseWriter, content, finish string) {
	reason := "null"
	if finish != "" {
		reason = fmt.Sprintf("%q", finish)
	}
	text, _ := json.Marshal(content)
	delta := fmt.Sprintf(`{"content":%s}`, text)
	if content == "" {
		delta = `{}`
	}
	send(w, fmt.Sprintf(`{"choices":[{"finish_reason":%s,"index":0,"delta":%s}],"created":1,"id":"c","model":"smollm2-135m","object":"chat.completion.chunk"}`, reason, delta))
}

func send(w http.ResponseWriter, data string) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = fmt.Fprintf(w, "data: %s\n\n", data)
	w.(http.Flusher).Flush()
}

// says streams an answer to its end: an empty first delta, the pieces, the
// finish reason, a chunk without choices that has the usage, and [DONE].
func says(finish string, pieces ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		send(w, `{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"model":"smollm2-135m"}`)
		for _, p := range pieces {
			if r.Context().Err() != nil {
				return
			}
			chunk(w, p, "")
		}
		chunk(w, "", finish)
		send(w, `{"choices":[],"model":"smollm2-135m","usage":{"completion_tokens":4,"prompt_tokens":32,"total_tokens":36}}`)
		send(w, "[DONE]")
	}
}

// fails answers with an error of the shape that OpenAI gave it.
func fails(status int, kind, message, after string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"type":%q,"n_prompt_tokens":9000,"n_ctx":4096}}`, status, message, kind)
	}
}

// hangs sends some pieces and then nothing until the client leaves.
func hangs(pieces ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, p := range pieces {
			chunk(w, p, "")
		}
		<-r.Context().Done()
	}
}
