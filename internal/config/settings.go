package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Setting is one effective setting, for people.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"` // secrets are masked
	From  string `json:"from"`  // default, a file's name, a variable's name or flag
}

// scalar is a setting that a variable or a flag can give.
type scalar struct {
	key string
	get func(*Config) string
	set func(*Config, string) error
}

func (s scalar) env() string {
	return "ASKDESK_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

var scalars = []scalar{
	text("data", func(c *Config) *string { return &c.Data }),
	text("addr", func(c *Config) *string { return &c.Addr }),
	yesNo("no_auth", func(c *Config) *bool { return &c.NoAuth }),
	text("model", func(c *Config) *string { return &c.Model }),
	text("embedder.kind", func(c *Config) *string { return &c.Embedder.Kind }),
	text("embedder.base_url", func(c *Config) *string { return &c.Embedder.BaseURL }),
	text("embedder.api_key", func(c *Config) *string { return &c.Embedder.APIKey }),
	text("embedder.api_key_env", func(c *Config) *string { return &c.Embedder.APIKeyEnv }),
	text("embedder.model", func(c *Config) *string { return &c.Embedder.Model }),
	number("embedder.dimensions", func(c *Config) *int { return &c.Embedder.Dimensions }),
	text("embedder.query_prefix", func(c *Config) *string { return &c.Embedder.QueryPrefix }),
	text("embedder.document_prefix", func(c *Config) *string { return &c.Embedder.DocumentPrefix }),
	number("embedder.batch_items", func(c *Config) *int { return &c.Embedder.BatchItems }),
	number("embedder.batch_chars", func(c *Config) *int { return &c.Embedder.BatchChars }),
	text("reranker.base_url", func(c *Config) *string { return &c.Reranker.BaseURL }),
	text("reranker.api_key", func(c *Config) *string { return &c.Reranker.APIKey }),
	text("reranker.api_key_env", func(c *Config) *string { return &c.Reranker.APIKeyEnv }),
	text("reranker.model", func(c *Config) *string { return &c.Reranker.Model }),
	period("reranker.timeout", func(c *Config) *time.Duration { return &c.Reranker.Timeout }),
	number("reranker.top", func(c *Config) *int { return &c.Reranker.Top }),
	number("reranker.max_chars", func(c *Config) *int { return &c.Reranker.MaxChars }),
	decimal("retrieval.dense_weight", func(c *Config) *float64 { return &c.Retrieval.DenseWeight }),
	text("retrieval.weights", func(c *Config) *string { return &c.Retrieval.Weights }),
	text("index.kind", func(c *Config) *string { return &c.Index.Kind }),
	text("index.qdrant.address", func(c *Config) *string { return &c.Index.Qdrant.Address }),
	text("index.qdrant.api_key", func(c *Config) *string { return &c.Index.Qdrant.APIKey }),
	text("index.qdrant.api_key_env", func(c *Config) *string { return &c.Index.Qdrant.APIKeyEnv }),
	yesNo("index.qdrant.tls", func(c *Config) *bool { return &c.Index.Qdrant.TLS }),
	text("index.qdrant.ca", func(c *Config) *string { return &c.Index.Qdrant.CA }),
	period("index.qdrant.timeout", func(c *Config) *time.Duration { return &c.Index.Qdrant.Timeout }),
	yesNo("index.qdrant.quantized", func(c *Config) *bool { return &c.Index.Qdrant.Quantized }),
	number("index.qdrant.replicas", func(c *Config) *int { return &c.Index.Qdrant.Replicas }),
	text("index.qdrant.prefix", func(c *Config) *string { return &c.Index.Qdrant.Prefix }),
	number("retention_days", func(c *Config) *int { return &c.RetentionDays }),
	decimal("rate", func(c *Config) *float64 { return &c.Rate }),
	number("max_upload_mb", func(c *Config) *int { return &c.MaxUploadMB }),
	period("read_timeout", func(c *Config) *time.Duration { return &c.ReadTimeout }),
}

func text(key string, field func(*Config) *string) scalar {
	return scalar{key,
		func(c *Config) string { return *field(c) },
		func(c *Config, v string) error { *field(c) = v; return nil }}
}

func yesNo(key string, field func(*Config) *bool) scalar {
	return scalar{key,
		func(c *Config) string { return strconv.FormatBool(*field(c)) },
		func(c *Config, v string) (err error) { *field(c), err = strconv.ParseBool(v); return }}
}

func number(key string, field func(*Config) *int) scalar {
	return scalar{key,
		func(c *Config) string { return strconv.Itoa(*field(c)) },
		func(c *Config, v string) (err error) { *field(c), err = strconv.Atoi(v); return }}
}

func decimal(key string, field func(*Config) *float64) scalar {
	return scalar{key,
		func(c *Config) string { return strconv.FormatFloat(*field(c), 'g', -1, 64) },
		func(c *Config, v string) (err error) { *field(c), err = strconv.ParseFloat(v, 64); return }}
}

func period(key string, field func(*Config) *time.Duration) scalar {
	return scalar{key,
		func(c *Config) string { return field(c).String() },
		func(c *Config, v string) (err error) { *field(c), err = time.ParseDuration(v); return }}
}

// settings lists the effective settings in a stable order.
func settings(cfg Config, from map[string]string) []Setting {
	origin := func(key string) string {
		if f, ok := from[key]; ok {
			return f
		}
		return "default"
	}
	var out []Setting
	for _, s := range scalars {
		value := s.get(&cfg)
		if strings.HasSuffix(s.key, "api_key") {
			value = mask(value)
		}
		out = append(out, Setting{s.key, value, origin(s.key)})
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Models)) {
		p, prefix := cfg.Models[name], "models."+name+"."
		temperature := ""
		if p.Temperature != nil {
			temperature = fmt.Sprint(*p.Temperature)
		}
		for _, kv := range [][2]string{
			{"base_url", p.BaseURL}, {"api_key", mask(p.APIKey)}, {"api_key_env", p.APIKeyEnv}, {"model", p.Model},
			{"temperature", temperature}, {"max_tokens", positive(p.MaxTokens)}, {"timeout", duration(p.Timeout)},
			{"concurrency", positive(p.Concurrency)}, {"context", positive(p.Context)},
		} {
			if kv[1] != "" {
				out = append(out, Setting{prefix + kv[0], kv[1], origin(prefix + kv[0])})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Embedders)) {
		e, prefix := cfg.Embedders[name], "embedders."+name+"."
		for _, kv := range [][2]string{
			{"kind", e.Kind}, {"base_url", e.BaseURL}, {"api_key", mask(e.APIKey)}, {"api_key_env", e.APIKeyEnv}, {"model", e.Model},
			{"dimensions", positive(e.Dimensions)}, {"query_prefix", e.QueryPrefix}, {"document_prefix", e.DocumentPrefix},
			{"batch_items", positive(e.BatchItems)}, {"batch_chars", positive(e.BatchChars)},
		} {
			if kv[1] != "" {
				out = append(out, Setting{prefix + kv[0], kv[1], origin(prefix + kv[0])})
			}
		}
	}
	return out
}

// mask shows that a secret is there, and nothing of it.
func mask(secret string) string {
	if secret == "" {
		return ""
	}
	return "********"
}

func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func duration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
