// Package config is the one struct of settings: defaults, then askdesk.yaml,
// then ASKDESK_* of the environment, then flags; each setting knows where it
// came from.
package config

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/askdesk/askdesk/kb"
)

// Extractive is the profile that always exists: it quotes documents and needs
// no model.
const Extractive = "extractive"

// Config holds every setting of Askdesk.
type Config struct {
	Data          string             `yaml:"data"`           // folder that holds all state
	Addr          string             `yaml:"addr"`           // host:port to serve on
	NoAuth        bool               `yaml:"no_auth"`        // serve without keys beyond loopback
	Model         string             `yaml:"model"`          // default profile
	Models        map[string]Profile `yaml:"models"`         // by name
	Embedder      Embedder           `yaml:"embedder"`       // of the dense leg
	Embedders     Embedders          `yaml:"embedders"`      // further ones
	Reranker      Reranker           `yaml:"reranker"`       // without a BaseURL there is none
	Retrieval     Retrieval          `yaml:"retrieval"`      //
	Index         Index              `yaml:"index"`          //
	RetentionDays int                `yaml:"retention_days"` // of conversations; 0 keeps them for ever
	Rate          float64            `yaml:"rate"`           // requests a second a key may make
	MaxUploadMB   int                `yaml:"max_upload_mb"`
	ReadTimeout   time.Duration      `yaml:"read_timeout"` // for reading one file
}

// Profile is a model behind an OpenAI-compatible endpoint.
type Profile struct {
	BaseURL     string        `yaml:"base_url"`
	APIKey      string        `yaml:"api_key"`
	APIKeyEnv   string        `yaml:"api_key_env"` // name of the variable that holds the key
	Model       string        `yaml:"model"`
	Temperature *float64      `yaml:"temperature"`
	MaxTokens   int           `yaml:"max_tokens"`
	Timeout     time.Duration `yaml:"timeout"`
	Concurrency int           `yaml:"concurrency"`
	Context     int           `yaml:"context"` // tokens that a prompt and its answer may take; 0 is 8,192
}

// Sources is where settings are looked for.
type Sources struct {
	File  string              // path of the YAML file; "" means askdesk.yaml if it exists
	Env   func(string) string // os.Getenv
	Flags map[string]string   // settings given on the command line, by key
}

// Default is the configuration without file, environment and flags.
func Default() Config {
	return Config{
		Data: "askdesk-data", Addr: "127.0.0.1:8080", Model: Extractive,
		Reranker: Reranker{Timeout: 2 * time.Second, Top: 20, MaxChars: 1500}, Retrieval: Retrieval{DenseWeight: 1},
		Index: Index{Kind: Local, Qdrant: Qdrant{Address: "127.0.0.1:6334", Timeout: 10 * time.Second, Replicas: 1, Prefix: "askdesk"}}, RetentionDays: 90, Rate: 10, MaxUploadMB: 100, ReadTimeout: time.Minute,
	}
}

// Load reads the settings and checks them. Every error is a kb.Invalid one that
// names the setting and where it came from.
func Load(src Sources) (Config, []Setting, error) {
	cfg, from := Default(), map[string]string{}
	file, data, err := readFile(src.File)
	if err != nil {
		return Config{}, nil, err
	}
	if err := decode(file, data, &cfg, from); err != nil {
		return Config{}, nil, err
	}
	for _, s := range scalars {
		if v := src.Env(s.env()); v != "" {
			if err := s.set(&cfg, v); err != nil {
				return Config{}, nil, kb.Errorf(kb.Invalid, "%s: %w", s.env(), err)
			}
			from[s.key] = s.env()
		}
		if v, ok := src.Flags[s.key]; ok {
			if err := s.set(&cfg, v); err != nil {
				return Config{}, nil, kb.Errorf(kb.Invalid, "--%s: %w", strings.ReplaceAll(s.key, "_", "-"), err)
			}
			from[s.key] = "flag"
		}
	}
	cfg.Embedder.settle()
	cfg.Embedders.settle()
	if err := cfg.Index.said(from["index.kind"]); err != nil {
		return Config{}, nil, err
	}
	addOpenAI(&cfg, src.Env, from)
	if err := resolveKeys(&cfg, src.Env, from); err != nil {
		return Config{}, nil, err
	}
	if err := cfg.check(); err != nil {
		return Config{}, nil, err
	}
	return cfg, settings(cfg, from), nil
}

func readFile(path string) (string, []byte, error) {
	optional := path == ""
	if optional {
		path = "askdesk.yaml"
	}
	data, err := os.ReadFile(path)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, kb.Wrap(kb.Invalid, err, "Cannot read the config file %s. Check --config, or write a new one with: askdesk config init", path)
	}
	return path, data, nil
}

func decode(file string, data []byte, cfg *Config, from map[string]string) error {
	refuse := func(err error) error {
		return kb.Wrap(kb.Invalid, err, "%s: %s%s", file, strings.TrimSpace(yaml.FormatError(err, false, true)), nearest(err))
	}
	var given map[string]any
	if err := yaml.Unmarshal(data, &given); err != nil {
		return refuse(err)
	}
	// A file of comments alone would decode to a zero Config over the defaults.
	if len(given) == 0 {
		return nil
	}
	if err := yaml.UnmarshalWithOptions(data, cfg, yaml.Strict()); err != nil {
		return refuse(err)
	}
	mark(given, "", file, from)
	return nil
}

// nearest suggests the setting that an unknown one may have been meant for.
func nearest(err error) string {
	var unknown *yaml.UnknownFieldError
	if !errors.As(err, &unknown) {
		return ""
	}
	// Every setting there is, as a file has it.
	data, err := yaml.Marshal(Config{Models: map[string]Profile{"": {}}, Embedders: Embedders{"": {}}})
	if err != nil {
		return ""
	}
	var all map[string]any
	if err := yaml.Unmarshal(data, &all); err != nil {
		return ""
	}
	from := map[string]string{}
	mark(all, "", "", from)
	known := map[string]bool{}
	for path := range from {
		for _, key := range strings.Split(path, ".") {
			known[key] = true
		}
	}
	hint := strings.TrimSpace(kb.DidYouMean(unknown.Token.Value, slices.Sorted(maps.Keys(known))))
	if hint == "" {
		return ""
	}
	return "\n" + hint
}

// mark notes for each leaf of the file that it came from there.
func mark(node map[string]any, prefix, file string, from map[string]string) {
	for key, value := range node {
		if child, ok := value.(map[string]any); ok {
			mark(child, prefix+key+".", file, from)
			continue
		}
		from[prefix+key] = file
	}
}

// openAIModel is asked for where only OPENAI_API_KEY is set. A server of one's
// own is asked for the first model that it lists.
const openAIModel = "gpt-4.1-mini"

// addOpenAI makes the profile that the usual variables describe. It is never
// the default one by itself: questions must not leave the machine unasked.
func addOpenAI(cfg *Config, env func(string) string, from map[string]string) {
	key, base := env("OPENAI_API_KEY"), env("OPENAI_BASE_URL")
	if _, exists := cfg.Models["openai"]; exists || key == "" && base == "" {
		return
	}
	p := Profile{BaseURL: base, APIKey: key, Model: env("OPENAI_MODEL")}
	if base == "" {
		p.BaseURL = "https://api.openai.com/v1"
		p.Model = cmp.Or(p.Model, openAIModel)
	}
	cfg.Models = maps.Clone(cfg.Models)
	if cfg.Models == nil {
		cfg.Models = map[string]Profile{}
	}
	cfg.Models["openai"] = p
	for _, s := range []string{"base_url", "api_key", "model"} {
		from["models.openai."+s] = "OPENAI_*"
	}
}

func resolveKeys(cfg *Config, env func(string) string, from map[string]string) error {
	for name, p := range cfg.Models {
		key, err := secret(p.APIKey, p.APIKeyEnv, env, "models."+name)
		if err != nil {
			return err
		}
		p.APIKey = key
		cfg.Models[name] = p
		if p.APIKeyEnv != "" {
			from["models."+name+".api_key"] = p.APIKeyEnv
		}
	}
	for name, e := range cfg.Embedders {
		where := "embedders." + name
		key, err := secret(e.APIKey, e.APIKeyEnv, env, where)
		if err != nil {
			return err
		}
		e.APIKey = key
		cfg.Embedders[name] = e
		if e.APIKeyEnv != "" {
			from[where+".api_key"] = e.APIKeyEnv
		}
	}
	qdrant := cfg.Index.Qdrant.APIKeyEnv
	if cfg.Index.Kind != InQdrant && env(qdrant) == "" {
		qdrant = "" // it is missed where it is used
	}
	for _, f := range []struct {
		where, name string
		key         *string
	}{
		{"embedder", cfg.Embedder.APIKeyEnv, &cfg.Embedder.APIKey},
		{"reranker", cfg.Reranker.APIKeyEnv, &cfg.Reranker.APIKey},
		{"index.qdrant", qdrant, &cfg.Index.Qdrant.APIKey},
	} {
		key, err := secret(*f.key, f.name, env, f.where)
		if err != nil {
			return err
		}
		*f.key = key
		if f.name != "" {
			from[f.where+".api_key"] = f.name
		}
	}
	return nil
}

func secret(literal, name string, env func(string) string, where string) (string, error) {
	switch {
	case name == "":
		return literal, nil
	case literal != "":
		return "", kb.Errorf(kb.Invalid, "%s has both api_key and api_key_env: keep one", where)
	case env(name) == "":
		return "", kb.Errorf(kb.Invalid, "%s.api_key_env names the variable %s, which is not set: set it, or remove the line", where, name)
	}
	return env(name), nil
}

var profileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func (c Config) check() error {
	if _, ok := c.Models[Extractive]; ok {
		return kb.Errorf(kb.Invalid, "models.%s is built in: choose another name for the profile", Extractive)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Models)) {
		if !profileName.MatchString(name) {
			return kb.Errorf(kb.Invalid, "models.%s: a profile's name has letters, digits, dots, - and _ only", name)
		}
		if err := checkURL("models."+name+".base_url", c.Models[name].BaseURL); err != nil {
			return err
		}
	}
	if _, ok := c.Models[c.Model]; !ok && c.Model != Extractive {
		return kb.Errorf(kb.Invalid, "model names the profile %q, which is not among models (%s): add it there or choose one of these",
			c.Model, strings.Join(c.ProfileNames(), ", "))
	}
	if err := cmp.Or(c.Embedder.check("embedder"), c.Embedders.check(), c.Reranker.check(), c.Retrieval.check(), c.Index.check()); err != nil {
		return err
	}
	if c.Data == "" || c.RetentionDays < 0 || c.Rate <= 0 || c.MaxUploadMB <= 0 || c.ReadTimeout <= 0 {
		return kb.Errorf(kb.Invalid, "data must not be empty, retention_days not below 0, and rate, max_upload_mb and read_timeout above 0")
	}
	return nil
}

// ProfileNames lists the model profiles, extractive first.
func (c Config) ProfileNames() []string {
	return append([]string{Extractive}, slices.Sorted(maps.Keys(c.Models))...)
}

func checkURL(key, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return kb.Errorf(kb.Invalid, "%s is %q: write an address such as http://127.0.0.1:11434/v1", key, value)
	}
	return nil
}
