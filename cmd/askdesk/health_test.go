package main

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALostIndexIsSaidAndHealed(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(t *testing.T, index string){
		"removed": func(t *testing.T, index string) { require.NoError(t, os.RemoveAll(index)) },
		"emptied": func(t *testing.T, index string) {
			files, err := filepath.Glob(filepath.Join(index, "default", "*.db"))
			require.NoError(t, err)
			require.Len(t, files, 1)
			require.NoError(t, os.Truncate(files[0], 0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			data, docs := library(t)
			compiled(t, data)
			lose(t, filepath.Join(data, "index"))
			for _, args := range [][]string{{"search", "PX-204"}, {"ask", "what does px-204 mean"}, {"doctor"}} {
				r := once(t, append(args, "--data", data)...)
				require.Equal(t, exitFailed, r.code, r.out)
				require.Contains(t, r.out+r.err, "holds 0 of 2 documents: run askdesk ingest again")
			}
			r := askdesk(t, nil, "ingest", docs, "--data", data, "--source", "manual")
			require.Equal(t, exitDone, r.code, r.err)
			require.Contains(t, r.err, "2 added")
			r = askdesk(t, nil, "search", "PX-204", "--data", data)
			require.Contains(t, r.out, "1. Error codes > PX-204")
			require.Equal(t, exitDone, once(t, "doctor", "--data", data).code)
		})
	}
}

func TestAnEmptyBaseIsNotALostOne(t *testing.T) {
	t.Parallel()
	data, docs := t.TempDir(), t.TempDir()
	compiled(t, data)
	require.NoError(t, os.WriteFile(filepath.Join(docs, "empty.json"), []byte("\n"), 0o600))
	r := askdesk(t, nil, "ingest", docs, "--data", data)
	require.NotContains(t, r.err, "index")
	r = once(t, "doctor", "--data", data)
	require.NotContains(t, r.out, "holds 0 of")
}

func TestServeWithoutItsFolderIsNotReady(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let a folder go whose files are open")
	}
	data, _ := library(t)
	p := start(t, "serve", "--data", data, "--addr", "127.0.0.1:0")
	p.request(t, "GET", "/readyz", "", nil, http.StatusOK)
	index := filepath.Join(data, "index")
	require.NoError(t, os.RemoveAll(filepath.Join(index, "default")))
	require.Eventually(t, func() bool {
		resp, err := http.Get(p.address + "/readyz")
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusServiceUnavailable
	}, 10*time.Second, 10*time.Millisecond)
	body := p.request(t, "POST", "/v1/search", "application/json", strings.NewReader(`{"query":"returns"}`), http.StatusServiceUnavailable)
	require.Contains(t, string(body), "holds 0 of 2 documents")

	require.NoError(t, os.RemoveAll(data))
	body = p.request(t, "GET", "/readyz", "", nil, http.StatusServiceUnavailable)
	require.Contains(t, string(body), "data folder was moved, removed or replaced")
	body = p.request(t, "POST", "/v1/search", "application/json", strings.NewReader(`{"query":"returns"}`), http.StatusServiceUnavailable)
	require.Contains(t, string(body), "data folder was moved, removed or replaced")
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "a.md")
	require.NoError(t, err)
	_, err = part.Write([]byte("# A\n\nText.\n"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	p.request(t, "POST", "/v1/documents", w.FormDataContentType(), &form, http.StatusServiceUnavailable)
}
