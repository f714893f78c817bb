package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/config"
)

// composeFile is what is looked at of docker-compose.yml.
type composeFile struct {
	Services map[string]struct {
		Image, Build string
		Environment  map[string]string
		Ports        []string
		ReadOnly     bool     `yaml:"read_only"`
		CapDrop      []string `yaml:"cap_drop"`
		SecurityOpt  []string `yaml:"security_opt"`
		Healthcheck  map[string]any
		Networks     []string
		DependsOn    map[string]map[string]string `yaml:"depends_on"`
	}
	Networks map[string]map[string]bool
}

func readCompose(t *testing.T) (f composeFile) {
	t.Helper()
	data, err := os.ReadFile("../../docker-compose.yml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(data, &f))
	require.Contains(t, f.Services, "qdrant")
	require.Contains(t, f.Services, "askdesk")
	return f
}

func TestComposeKeepsToItself(t *testing.T) {
	f := readCompose(t)
	for name, s := range f.Services {
		require.True(t, s.ReadOnly, name)
		require.Equal(t, []string{"ALL"}, s.CapDrop, name)
		require.Equal(t, []string{"no-new-privileges:true"}, s.SecurityOpt, name)
		for _, port := range s.Ports {
			require.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s publishes %s to others", name, port)
		}
		if s.Build == "" {
			require.Regexp(t, `:v\d+\.\d+\.\d+(-[a-z]+)?$`, s.Image, "%s has no fixed version", name)
		}
	}
	qdrant := f.Services["qdrant"]
	require.Empty(t, qdrant.Ports)
	require.Equal(t, []string{"index"}, qdrant.Networks)
	require.True(t, f.Networks["index"]["internal"])
	require.NotEmpty(t, qdrant.Healthcheck)
	require.Equal(t, "service_healthy", f.Services["askdesk"].DependsOn["qdrant"]["condition"])
	require.Equal(t, "true", qdrant.Environment["QDRANT__TELEMETRY_DISABLED"])
}

// A variable that no setting has is not looked at, and says nothing of it.
func TestContainersSetWhatThereIs(t *testing.T) {
	env := readCompose(t).Services["askdesk"].Environment
	require.Equal(t, env["ASKDESK_INDEX_QDRANT_API_KEY"], readCompose(t).Services["qdrant"].Environment["QDRANT__SERVICE__API_KEY"])
	require.Contains(t, env["ASKDESK_INDEX_QDRANT_API_KEY"], "${QDRANT_API_KEY:?", "it does not start without a key")
	image, err := os.ReadFile("../../Dockerfile")
	require.NoError(t, err)
	for _, pair := range regexp.MustCompile(`(ASKDESK_[A-Z_]+)=(\S+)`).FindAllStringSubmatch(string(image), -1) {
		env[pair[1]] = pair[2]
	}
	require.Contains(t, env, "ASKDESK_DATA")
	cfg, list, err := config.Load(config.Sources{Env: func(name string) string { return env[name] }})
	require.NoError(t, err)
	require.Equal(t, config.InQdrant, cfg.Index.Kind)
	known := map[string]bool{}
	for _, s := range list {
		known[s.From] = true
	}
	for name := range env {
		require.True(t, known[name], "%s is no setting", name)
	}
}

// The image is one program, as a user who may nothing, that tells its health itself.
func TestTheImageIsSmall(t *testing.T) {
	data, err := os.ReadFile("../../Dockerfile")
	require.NoError(t, err)
	text := string(data)
	require.Regexp(t, `FROM [^\n]*golang:\d+\.\d+\.\d+-\w+ AS build`, text)
	_, last, ok := strings.Cut(text, "\nFROM scratch\n")
	require.True(t, ok)
	require.Regexp(t, `(?m)^USER [1-9]\d*:[1-9]\d*$`, last)
	require.Contains(t, last, `CMD ["askdesk", "ping"]`)
	require.NotContains(t, last, "RUN")
	module, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(module))
	require.Contains(t, text, "golang:"+version[1], "the image is built with the Go of go.mod")
}
