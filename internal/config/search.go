package config

import (
	"maps"
	"slices"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// The kinds of embedders.
const (
	Builtin  = "builtin"  // part of the program
	Endpoint = "endpoint" // an OpenAI-compatible one
	None     = "none"     // the search is lexical
)

// Embedder says what embeds. All but Kind describe an endpoint.
type Embedder struct {
	Kind           string `yaml:"kind"` // "" is Endpoint where anything else is set, and Builtin where nothing is
	BaseURL        string `yaml:"base_url"`
	APIKey         string `yaml:"api_key"`
	APIKeyEnv      string `yaml:"api_key_env"`
	Model          string `yaml:"model"`
	Dimensions     int    `yaml:"dimensions"`
	QueryPrefix    string `yaml:"query_prefix"`
	DocumentPrefix string `yaml:"document_prefix"`
	BatchItems     int    `yaml:"batch_items"` // most texts a request; 0 is 64
	BatchChars     int    `yaml:"batch_chars"` // most characters a request; 0 is 100,000
}

// Reranker is a reranking model behind an endpoint that serves /rerank as Jina
// and Cohere do. Without a BaseURL there is none.
type Reranker struct {
	BaseURL   string        `yaml:"base_url"`
	APIKey    string        `yaml:"api_key"`
	APIKeyEnv string        `yaml:"api_key_env"`
	Model     string        `yaml:"model"`
	Timeout   time.Duration `yaml:"timeout"`   // then the order of the search stands
	Top       int           `yaml:"top"`       // passages that it reads
	MaxChars  int           `yaml:"max_chars"` // of each; longer ones are cut
}

// longestRerank leaves a search, which has 30 s in all, the time to go on without.
const longestRerank = 20 * time.Second

// Retrieval says how passages are found.
type Retrieval struct {
	DenseWeight float64 `yaml:"dense_weight"` // 0..5: how much meaning counts beside words; 0 leaves it out
	Weights     string  `yaml:"weights"`      // file of what each feature of ranking counts; "" means those that ship
}

// settle decides the kind where nobody says it.
func (e *Embedder) settle() {
	switch {
	case e.Kind != "":
	case *e == Embedder{}:
		e.Kind = Builtin
	default:
		e.Kind = Endpoint
	}
}

func (e Embedder) check(where string) error {
	switch e.Kind {
	case Endpoint:
		if err := checkURL(where+".base_url", e.BaseURL); err != nil {
			return err
		}
		if e.Model == "" {
			return kb.Errorf(kb.Invalid, "%s.model is missing: name the embedding model of %s", where, e.BaseURL)
		}
		if e.Dimensions < 0 || e.BatchItems < 0 || e.BatchChars < 0 {
			return kb.Errorf(kb.Invalid, "%s.dimensions, batch_items and batch_chars must not be negative: remove what you do not need", where)
		}
	case Builtin, None:
		if e != (Embedder{Kind: e.Kind}) {
			return kb.Errorf(kb.Invalid, "%s.kind is %s, which has no other settings: remove them, or write %s", where, e.Kind, Endpoint)
		}
	default:
		return kb.Errorf(kb.Invalid, "%s.kind is %q: choose %s, %s or %s", where, e.Kind, Builtin, Endpoint, None)
	}
	return nil
}

// Embedders are those that knowledge bases are brought to one by one, by name.
type Embedders map[string]Embedder

// MainEmbedder is the name of the one under embedder, which no other may have.
const MainEmbedder = "default"

func (e Embedders) settle() {
	for name, one := range e {
		one.settle()
		e[name] = one
	}
}

func (e Embedders) check() error {
	for _, name := range slices.Sorted(maps.Keys(e)) {
		if name == MainEmbedder || !profileName.MatchString(name) {
			return kb.Errorf(kb.Invalid, "embedders.%s: a name has letters, digits, dots, - and _ only, and %s is the one under embedder: choose another", name, MainEmbedder)
		}
		if err := e[name].check("embedders." + name); err != nil {
			return err
		}
	}
	return nil
}

// EmbedderNames lists the embedders, the main one first.
func (c Config) EmbedderNames() []string {
	return append([]string{MainEmbedder}, slices.Sorted(maps.Keys(c.Embedders))...)
}

func (r Reranker) check() error {
	switch {
	case r.BaseURL == "" && (r.Model != "" || r.APIKey != ""):
		return kb.Errorf(kb.Invalid, "reranker.base_url is missing: write the address of the reranking server, or remove the other settings")
	case r.BaseURL == "":
		return nil
	case r.Model == "":
		return kb.Errorf(kb.Invalid, "reranker.model is missing: name the reranking model of %s", r.BaseURL)
	case r.Timeout <= 0 || r.Timeout > longestRerank:
		return kb.Errorf(kb.Invalid, "reranker.timeout is %s: write more than 0 and at most %s, because somebody waits for it", r.Timeout, longestRerank)
	case r.Top < 2 || r.MaxChars <= 0:
		return kb.Errorf(kb.Invalid, "reranker.max_chars must be above 0, and top at least 2: remove the line for the default")
	}
	return checkURL("reranker.base_url", r.BaseURL)
}

func (r Retrieval) check() error {
	if r.DenseWeight >= 0 && r.DenseWeight <= 5 {
		return nil
	}
	return kb.Errorf(kb.Invalid, "retrieval.dense_weight is %g: write 0 (by words alone), 1 (the default), or up to 5 for an embedder that is better than words", r.DenseWeight)
}
