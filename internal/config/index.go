package config

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// The kinds of indexes.
const (
	Local    = "local"  // files in the data folder
	InQdrant = "qdrant" // a Qdrant server
)

// Index says where chunks are kept.
type Index struct {
	Kind   string `yaml:"kind"`
	Qdrant Qdrant `yaml:"qdrant"` // is used where Kind is InQdrant
}

// Qdrant is a Qdrant server, and how collections are kept there.
type Qdrant struct {
	Address   string        `yaml:"address"` // host:port of its gRPC
	APIKey    string        `yaml:"api_key"`
	APIKeyEnv string        `yaml:"api_key_env"`
	TLS       bool          `yaml:"tls"`
	CA        string        `yaml:"ca"`        // file of authorities, PEM; "" means the system's
	Timeout   time.Duration `yaml:"timeout"`   // of one call
	Quantized bool          `yaml:"quantized"` // vectors are searched as bytes
	Replicas  int           `yaml:"replicas"`  // copies of each collection that is made, on as many nodes of a cluster
	Prefix    string        `yaml:"prefix"`    // of the names of collections
}

// longestCall leaves a search, which has 30 s in all, the time to be told of it.
const longestCall = 25 * time.Second

// maxReplicas is more than anybody has nodes for.
const maxReplicas = 16

// said refuses settings of Qdrant where nothing says whether they are to be used.
// From tells who gave the kind; "" means nobody.
func (i Index) said(from string) error {
	if from != "" || i.Qdrant == Default().Index.Qdrant {
		return nil
	}
	return kb.Errorf(kb.Invalid, "index.qdrant has settings, but index.kind is not set: write index.kind: %s to use them, or %s to leave them aside", InQdrant, Local)
}

func (i Index) check() error {
	switch i.Kind {
	case Local:
		return nil
	case InQdrant:
		return i.Qdrant.check()
	}
	return kb.Errorf(kb.Invalid, "index.kind is %q: choose %s or %s", i.Kind, Local, InQdrant)
}

func (q Qdrant) check() error {
	host, port, err := net.SplitHostPort(q.Address)
	number, wrong := strconv.Atoi(port)
	switch {
	case err != nil || wrong != nil || number < 1 || number > 65535 || host == "" || strings.Contains(host, "/"):
		return kb.Errorf(kb.Invalid, "index.qdrant.address is %q: write host:port of Qdrant's gRPC, such as 127.0.0.1:6334, without http://", q.Address)
	case q.CA != "" && !q.TLS:
		return kb.Errorf(kb.Invalid, "index.qdrant.ca is set, but index.qdrant.tls is not: write tls: true, or remove ca")
	case q.Timeout <= 0 || q.Timeout > longestCall:
		return kb.Errorf(kb.Invalid, "index.qdrant.timeout is %s: write more than 0 and at most %s, because somebody waits for it", q.Timeout, longestCall)
	case q.Replicas < 1 || q.Replicas > maxReplicas:
		return kb.Errorf(kb.Invalid, "index.qdrant.replicas is %d: write 1, or as many as the cluster has nodes, at most %d", q.Replicas, maxReplicas)
	case kb.CheckBaseName(q.Prefix) != nil:
		return kb.Errorf(kb.Invalid, "index.qdrant.prefix is %q: write 1 to 63 lower-case letters, digits, - and _", q.Prefix)
	}
	return nil
}
