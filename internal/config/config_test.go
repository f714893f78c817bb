package config

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func env(pairs map[string]string) func(string) string {
	return func(key string) string { return pairs[key] }
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "askdesk.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func find(t *testing.T, list []Setting, key string) Setting {
	t.Helper()
	for _, s := range list {
		if s.Key == key {
			return s
		}
	}
	require.Fail(t, "no setting "+key)
	return Setting{}
}

func TestLaterLayersWin(t *testing.T) {
	file := write(t, "addr: 127.0.0.1:1\ndata: from-file\nrate: 3\nembedder: {base_url: 'http://h/v1', model: e}\n")
	cfg, list, err := Load(Sources{
		File:  file,
		Env:   env(map[string]string{"ASKDESK_ADDR": "127.0.0.1:2", "ASKDESK_DATA": "from-env", "ASKDESK_EMBEDDER_MODEL": "e2"}),
		Flags: map[string]string{"addr": "127.0.0.1:3"},
	})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:3", cfg.Addr)
	require.Equal(t, "from-env", cfg.Data)
	require.Equal(t, 3.0, cfg.Rate)
	require.Equal(t, "e2", cfg.Embedder.Model)
	require.Equal(t, Setting{"addr", "127.0.0.1:3", "flag"}, find(t, list, "addr"))
	require.Equal(t, Setting{"data", "from-env", "ASKDESK_DATA"}, find(t, list, "data"))
	require.Equal(t, Setting{"embedder.base_url", "http://h/v1", file}, find(t, list, "embedder.base_url"))
	require.Equal(t, "default", find(t, list, "retention_days").From)
}

func TestUsualVariablesMakeAProfileButNotTheDefault(t *testing.T) {
	cfg, list, err := Load(Sources{File: write(t, ""), Env: env(map[string]string{"OPENAI_API_KEY": "sk-secret"})})
	require.NoError(t, err)
	require.Equal(t, Extractive, cfg.Model)
	require.Equal(t, "sk-secret", cfg.Models["openai"].APIKey)
	require.Equal(t, openAIModel, cfg.Models["openai"].Model)
	require.Equal(t, []string{Extractive, "openai"}, cfg.ProfileNames())
	require.Equal(t, Setting{"models.openai.api_key", "********", "OPENAI_*"}, find(t, list, "models.openai.api_key"))
}

func TestKeyFromNamedVariable(t *testing.T) {
	file := write(t, "model: m\nmodels: {m: {base_url: 'https://h/v1', api_key_env: MY_KEY, model: x}}\n")
	cfg, list, err := Load(Sources{File: file, Env: env(map[string]string{"MY_KEY": "k"})})
	require.NoError(t, err)
	require.Equal(t, "k", cfg.Models["m"].APIKey)
	require.Equal(t, Setting{"models.m.api_key", "********", "MY_KEY"}, find(t, list, "models.m.api_key"))
	_, _, err = Load(Sources{File: file, Env: env(nil)})
	require.ErrorContains(t, err, "MY_KEY")

	file = write(t, "reranker: {base_url: 'https://h/v1', api_key_env: MY_KEY, model: x, timeout: 500ms}\n")
	cfg, list, err = Load(Sources{File: file, Env: env(map[string]string{"MY_KEY": "k", "ASKDESK_RERANKER_TOP": "7"})})
	require.NoError(t, err)
	require.Equal(t, Reranker{BaseURL: "https://h/v1", APIKeyEnv: "MY_KEY", APIKey: "k", Model: "x", Timeout: 500 * time.Millisecond, Top: 7, MaxChars: 1500}, cfg.Reranker)
	require.Equal(t, Setting{"reranker.api_key", "********", "MY_KEY"}, find(t, list, "reranker.api_key"))
	require.Equal(t, Setting{"reranker.timeout", "500ms", file}, find(t, list, "reranker.timeout"))
}

func TestErrorsNameTheSetting(t *testing.T) {
	for name, tc := range map[string]struct{ file, want string }{
		"unknown key":       {"adr: x\n", "(did you mean addr?)"},
		"unknown in models": {"models: {a: {base_ur: x}}\n", "(did you mean base_url?)"},
		"unlike any key":    {"colour: red\n", "colour"},
		"wrong type":        {"retention_days: soon\n", "retention_days"},
		"no such profile":   {"model: gpt\n", `"gpt"`},
		"reserved profile":  {"models: {extractive: {base_url: 'http://h'}}\n", "models.extractive"},
		"address":           {"models: {m: {base_url: localhost}}\n", "models.m.base_url"},
		"embedder kind":     {"embedder: {kind: local}\n", "builtin, endpoint or none"},
		"embedder too much": {"embedder: {kind: builtin, model: e}\n", "no other settings"},
		"embedder no url":   {"embedder: {kind: endpoint}\n", "embedder.base_url"},
		"embedder no model": {"embedder: {base_url: 'http://h/v1'}\n", "embedder.model"},
		"embedders name":    {"embedders: {default: {kind: none}}\n", "embedders.default"},
		"embedders no url":  {"embedders: {big: {kind: endpoint}}\n", "embedders.big.base_url"},
		"embedders key":     {"embedders: {big: {base_url: 'http://h/v1', model: e, api_key_env: NOT_SET}}\n", "embedders.big.api_key_env"},
		"embedders field":   {"embedders: {big: {modle: e}}\n", "model"},
		"embedder size":     {"embedder: {base_url: 'http://h/v1', model: e, dimensions: -1}\n", "embedder.dimensions"},
		"reranker no url":   {"reranker: {model: r}\n", "reranker.base_url is missing"},
		"reranker address":  {"reranker: {base_url: localhost, model: r}\n", "reranker.base_url"},
		"reranker no model": {"reranker: {base_url: 'http://h/v1'}\n", "reranker.model"},
		"reranker top":      {"reranker: {base_url: 'http://h/v1', model: r, top: 1}\n", "reranker.max_chars"},
		"reranker slow":     {"reranker: {base_url: 'http://h/v1', model: r, timeout: 1m}\n", "reranker.timeout is 1m0s"},
		"reranker key":      {"reranker: {base_url: 'http://h/v1', model: r, api_key_env: NONE}\n", "NONE"},
		"dense weight":      {"retrieval: {dense_weight: 6}\n", "retrieval.dense_weight is 6"},
		"index":             {"index: {kind: redis}\n", "index.kind is \"redis\": choose local or qdrant"},
		"index unsaid":      {"index: {qdrant: {address: 'q:6334'}}\n", "index.kind is not set"},
		"qdrant address":    {"index: {kind: qdrant, qdrant: {address: 'http://q:6334'}}\n", "index.qdrant.address"},
		"qdrant no port":    {"index: {kind: qdrant, qdrant: {address: q}}\n", "such as 127.0.0.1:6334"},
		"qdrant authority":  {"index: {kind: qdrant, qdrant: {ca: ca.pem}}\n", "index.qdrant.tls"},
		"qdrant slow":       {"index: {kind: qdrant, qdrant: {timeout: 1m}}\n", "index.qdrant.timeout is 1m0s"},
		"qdrant replicas":   {"index: {kind: qdrant, qdrant: {replicas: 0}}\n", "index.qdrant.replicas is 0"},
		"qdrant prefix":     {"index: {kind: qdrant, qdrant: {prefix: 'a/b'}}\n", "index.qdrant.prefix"},
		"qdrant key":        {"index: {kind: qdrant, qdrant: {api_key_env: NONE}}\n", "NONE"},
		"qdrant two keys":   {"index: {kind: qdrant, qdrant: {api_key: a, api_key_env: B}}\n", "index.qdrant has both"},
		"two keys":          {"models: {m: {base_url: 'http://h', api_key: a, api_key_env: B}}\n", "models.m"},
		"negative":          {"retention_days: -1\n", "retention_days"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Load(Sources{File: write(t, tc.file), Env: env(nil)})
			require.ErrorContains(t, err, tc.want)
			require.Equal(t, kb.Invalid, kb.CodeOf(err))
		})
	}
	_, _, err := Load(Sources{File: write(t, ""), Env: env(map[string]string{"ASKDESK_RATE": "fast"})})
	require.ErrorContains(t, err, "ASKDESK_RATE")
	_, _, err = Load(Sources{File: filepath.Join(t.TempDir(), "none.yaml"), Env: env(nil)})
	require.ErrorContains(t, err, "none.yaml")
}

func TestQdrantIsUsedWhereItIsNamed(t *testing.T) {
	cfg, list, err := Load(Sources{File: write(t, ""), Env: env(map[string]string{
		"ASKDESK_INDEX_KIND": "qdrant", "ASKDESK_INDEX_QDRANT_ADDRESS": "[::1]:7000", "ASKDESK_INDEX_QDRANT_API_KEY": "k",
		"ASKDESK_INDEX_QDRANT_TLS": "true", "ASKDESK_INDEX_QDRANT_CA": "ca.pem", "ASKDESK_INDEX_QDRANT_QUANTIZED": "true",
		"ASKDESK_INDEX_QDRANT_REPLICAS": "3",
	})})
	require.NoError(t, err)
	require.Equal(t, Index{Kind: InQdrant, Qdrant: Qdrant{
		Address: "[::1]:7000", APIKey: "k", TLS: true, CA: "ca.pem", Timeout: 10 * time.Second, Quantized: true, Replicas: 3, Prefix: "askdesk",
	}}, cfg.Index)
	require.Equal(t, Setting{"index.qdrant.api_key", "********", "ASKDESK_INDEX_QDRANT_API_KEY"}, find(t, list, "index.qdrant.api_key"))

	file := write(t, "index: {kind: qdrant, qdrant: {api_key_env: MY_KEY}}\n")
	cfg, list, err = Load(Sources{File: file, Env: env(map[string]string{"MY_KEY": "k"})})
	require.NoError(t, err)
	require.Equal(t, "k", cfg.Index.Qdrant.APIKey)
	require.Equal(t, Setting{"index.qdrant.api_key", "********", "MY_KEY"}, find(t, list, "index.qdrant.api_key"))

	cfg, _, err = Load(Sources{File: file, Env: env(map[string]string{"ASKDESK_INDEX_KIND": "local"})})
	require.NoError(t, err, "what Qdrant needs is asked for where it is used")
	require.Equal(t, Local, cfg.Index.Kind)
	cfg, _, err = Load(Sources{File: file, Env: env(map[string]string{"ASKDESK_INDEX_KIND": "local", "MY_KEY": "k"})})
	require.NoError(t, err)
	require.Equal(t, "k", cfg.Index.Qdrant.APIKey, "a knowledge base is moved there while all are local")
}

func TestTheKindOfEmbedder(t *testing.T) {
	for file, want := range map[string]string{
		"": Builtin, "embedder: {kind: none}\n": None, "embedder: {base_url: 'http://h/v1', model: e}\n": Endpoint,
	} {
		cfg, _, err := Load(Sources{File: write(t, file), Env: env(nil)})
		require.NoError(t, err)
		require.Equal(t, want, cfg.Embedder.Kind, file)
	}
	file := write(t, "embedders: {small: {kind: builtin}, big: {base_url: 'http://h/v1', model: e, api_key_env: MY_KEY}}\n")
	cfg, list, err := Load(Sources{File: file, Env: env(map[string]string{"MY_KEY": "k"})})
	require.NoError(t, err)
	require.Equal(t, Embedders{"small": {Kind: Builtin}, "big": {Kind: Endpoint, BaseURL: "http://h/v1", Model: "e", APIKey: "k", APIKeyEnv: "MY_KEY"}}, cfg.Embedders)
	require.Equal(t, Setting{"embedders.big.api_key", "********", "MY_KEY"}, find(t, list, "embedders.big.api_key"))
	require.Equal(t, Setting{"embedders.small.kind", "builtin", file}, find(t, list, "embedders.small.kind"))
}

// The example must stay true: with every comment sign in front of a setting
// removed it is a valid file that changes no default.
func TestExampleShowsTheDefaults(t *testing.T) {
	uncommented := regexp.MustCompile(`(?m)^# ( *[a-z_]+:.*)$`).ReplaceAll(Example, []byte("$1"))
	cfg, _, err := Load(Sources{File: write(t, string(uncommented)), Env: env(map[string]string{"OPENAI_API_KEY": "k", "EMBEDDER_KEY": "k", "RERANKER_KEY": "k"})})
	require.NoError(t, err)
	require.Equal(t, []string{Extractive, "hosted", "local", "openai"}, cfg.ProfileNames())
	want := Default()
	require.Equal(t, []string{MainEmbedder, "large"}, cfg.EmbedderNames())
	want.Models, want.Embedder, want.Embedders = cfg.Models, cfg.Embedder, cfg.Embedders
	want.Reranker.BaseURL, want.Reranker.Model = cfg.Reranker.BaseURL, cfg.Reranker.Model
	want.Index.Qdrant.APIKeyEnv = cfg.Index.Qdrant.APIKeyEnv
	want.Reranker.APIKeyEnv, want.Reranker.APIKey = cfg.Reranker.APIKeyEnv, cfg.Reranker.APIKey
	require.Equal(t, want, cfg)
	_, _, err = Load(Sources{File: write(t, string(Example)), Env: env(nil)})
	require.NoError(t, err)
}
