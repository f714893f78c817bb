package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web/api"
)

// request sends one and returns its body.
func (p *process) request(t *testing.T, method, path, contentType string, body io.Reader, status int) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.address+path, body)
	require.NoError(t, err)
	r.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, status, resp.StatusCode, string(data))
	return data
}

// upload sends a document to the knowledge base default and waits until it is ready.
func (p *process) upload(t *testing.T, name, text string) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	require.NoError(t, err)
	_, err = io.WriteString(part, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	var d api.Document
	require.NoError(t, json.Unmarshal(p.request(t, "POST", "/v1/documents", w.FormDataContentType(), &form, http.StatusAccepted), &d))
	require.Eventually(t, func() bool {
		require.NoError(t, json.Unmarshal(p.request(t, "GET", "/v1/documents/"+d.ID, "", nil, http.StatusOK), &d))
		return d.Status == "ready"
	}, 10*time.Second, 10*time.Millisecond)
}

func (p *process) paths(t *testing.T) (list []string) {
	t.Helper()
	var page api.Documents
	require.NoError(t, json.Unmarshal(p.request(t, "GET", "/v1/documents?kb=default", "", nil, http.StatusOK), &page))
	for _, d := range page.Documents {
		list = append(list, d.Path)
	}
	return list
}

func TestADeletedKnowledgeBaseDoesNotComeBack(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := start(t, "serve", "--data", data, "--addr", "127.0.0.1:0")
	p.upload(t, "secret.md", "# Secret\n\nThe old price was 12 euros.\n")
	require.Eventually(t, func() bool {
		return strings.Contains(string(p.request(t, "GET", "/metrics", "", nil, http.StatusOK)), `askdesk_ingest_documents_total{status="ready"} 1`)
	}, 5*time.Second, 10*time.Millisecond)
	p.request(t, "DELETE", "/v1/knowledge-bases/default", "", nil, http.StatusNoContent)
	left, err := os.ReadDir(filepath.Join(data, "uploads"))
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoDirExists(t, filepath.Join(data, "index", "default"))
	p.request(t, "POST", "/v1/knowledge-bases", "application/json", strings.NewReader(`{"name": "default"}`), http.StatusCreated)
	p.upload(t, "new.md", "# New\n\nThe price is 15 euros.\n")
	require.Equal(t, 0, p.stop(t), p.text())

	orphan := filepath.Join(data, "index", "gone")
	require.NoError(t, os.Mkdir(orphan, 0o700))
	p = start(t, "serve", "--data", data, "--addr", "127.0.0.1:0")
	p.upload(t, "newer.md", "# Newer\n\nThe price will be 18 euros.\n")
	require.ElementsMatch(t, []string{"new.md", "newer.md"}, p.paths(t))
	require.NoDirExists(t, orphan, "files that belong to no knowledge base")
	require.Equal(t, 0, p.stop(t), p.text())
}
