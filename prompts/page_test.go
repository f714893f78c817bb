package prompts_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/prompts"
	"github.com/askdesk/askdesk/prompts/files"
)

func TestThePageOnPromptsIsTrue(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "docs", "PROMPTS.md"))
	require.NoError(t, err)
	page := string(data)

	block := regexp.MustCompile("(?ms)^   ```yaml tone\n(.*?)^   ```$").FindStringSubmatch(page)
	require.NotNil(t, block)
	f := newFolder(t)
	f.write("styles/tones/calm.yaml", strings.ReplaceAll(strings.TrimPrefix(block[1], "   "), "\n   ", "\n"))
	f.replace("prompts/support.prompt", "tone: {type: style, default: friendly}", "tone: {type: style, default: calm}")
	require.Contains(t, page, "tone: {type: style, default: calm}")
	l, err := prompts.Open(f.dir, prompts.Options{})
	require.NoError(t, err)
	require.Empty(t, l.Problems())
	v, err := l.Current().Voice("support", prompts.Style{Language: "de"})
	require.NoError(t, err)
	require.Equal(t, "Guten Tag,", v.Phrases.Greeting)

	for _, of := range []any{prompts.Phrases{}, prompts.Layout{}, prompts.Words{}, files.FrontMatter{}, files.InputSpec{}, files.OutputSpec{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(of)) {
			require.Contains(t, page, "`"+field.Tag.Get("yaml")+"`", "the page tells of every field")
		}
	}
	for kind, list := range map[string][]prompts.Choice{"tone": l.Current().Styles().Tones, "format": l.Current().Styles().Formats, "length": l.Current().Styles().Lengths} {
		for _, choice := range list {
			require.Contains(t, page, choice.Name, kind)
		}
	}
}
