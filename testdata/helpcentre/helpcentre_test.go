package helpcentre_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/askdesk/askdesk/testdata/helpcentre"
)

const site = "https://help.nivelstead.example/"

type meta struct {
	Title      string   `yaml:"title"`
	URL        string   `yaml:"url"`
	Updated    string   `yaml:"updated"`
	Audience   string   `yaml:"audience"`
	Product    string   `yaml:"product"`
	Tags       []string `yaml:"tags"`
	Language   string   `yaml:"language"`
	ValidFrom  string   `yaml:"valid_from"`
	ValidUntil string   `yaml:"valid_until"`
}

type article struct {
	meta meta
	body string // without front matter
}

type question struct {
	ID         string   `json:"id"`
	KB         string   `json:"kb"`
	Question   string   `json:"question"`
	History    []turn   `json:"history"`
	Answerable bool     `json:"answerable"`
	Gold       []string `json:"gold"`
	Must       []string `json:"must"`
	Reference  string   `json:"reference"`
	Why        string   `json:"why"`
	Kind       string   `json:"kind"`
}

type turn struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// articles reads every article, with the sources of the two binary ones as body.
func articles(t *testing.T) map[string]article {
	t.Helper()
	sources := map[string]string{".pdf": "source/admin-guide.html", ".docx": "source/onboarding-checklist.md"}
	all := map[string]article{}
	err := fs.WalkDir(helpcentre.Files, "articles", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".meta.yaml") {
			return err
		}
		data, err := fs.ReadFile(helpcentre.Files, name)
		require.NoError(t, err)
		if source := sources[path.Ext(name)]; source != "" {
			data, err = os.ReadFile(source)
			require.NoError(t, err)
		}
		header, body := "", string(data)
		if path.Ext(name) == ".md" {
			parts := strings.SplitN(body, "---\n", 3)
			require.Len(t, parts, 3, "front matter of %s", name)
			header, body = parts[1], parts[2]
		} else {
			sidecar, err := fs.ReadFile(helpcentre.Files, name+".meta.yaml")
			require.NoError(t, err)
			header = string(sidecar)
		}
		var m meta
		require.NoError(t, yaml.UnmarshalWithOptions([]byte(header), &m, yaml.Strict()), name)
		all[strings.TrimPrefix(name, "articles/")] = article{meta: m, body: body}
		return nil
	})
	require.NoError(t, err)
	return all
}

func questions(t *testing.T) []question {
	t.Helper()
	data, err := fs.ReadFile(helpcentre.Files, "questions.jsonl")
	require.NoError(t, err)
	var all []question
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var q question
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&q), lines.Text())
		all = append(all, q)
	}
	return all
}

func TestEveryFileIsEmbedded(t *testing.T) {
	onDisk := 0
	require.NoError(t, fs.WalkDir(os.DirFS("articles"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		onDisk++
		_, err = fs.Stat(helpcentre.Files, path.Join("articles", name))
		return err
	}))
	require.Positive(t, onDisk)
}

func TestArticlesAreComplete(t *testing.T) {
	counts, urls := map[string]int{}, map[string]string{}
	now := time.Now()
	for name, a := range articles(t) {
		counts["articles"]++
		counts[path.Ext(name)]++
		counts[a.meta.Language]++
		counts[a.meta.Audience]++
		require.NotEmpty(t, a.meta.Title, name)
		require.NotEmpty(t, a.meta.Product, name)
		require.NotEmpty(t, a.meta.Tags, name)
		require.Empty(t, urls[a.meta.URL], "%s has the address of %s", name, urls[a.meta.URL])
		urls[a.meta.URL] = name
		day(t, name, a.meta.Updated)
		if a.meta.ValidFrom != "" {
			require.True(t, day(t, name, a.meta.ValidFrom).Before(now), name)
		}
		if a.meta.ValidUntil != "" && day(t, name, a.meta.ValidUntil).Before(now) {
			counts["outdated"]++
		}
		if a.meta.Audience == "public" {
			require.True(t, strings.HasPrefix(a.meta.URL, site), name)
		}
		require.Greater(t, len(strings.Fields(plain(name, a.body))), 100, name)
	}
	require.GreaterOrEqual(t, counts["articles"], 42)
	require.GreaterOrEqual(t, counts[".html"], 6)
	require.Equal(t, 1, counts[".pdf"])
	require.Equal(t, 1, counts[".docx"])
	require.Equal(t, 1, counts[".rst"])
	require.Equal(t, 5, counts["de"])
	require.Equal(t, 3, counts["agent"])
	require.Equal(t, counts["articles"], counts["public"]+counts["agent"])
	require.Equal(t, counts["articles"], counts["en"]+counts["de"])
	require.Equal(t, 1, counts["outdated"])
}

func day(t *testing.T, name, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	require.NoError(t, err, name)
	return d
}

var (
	markdownLink = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	pageLink     = regexp.MustCompile(`href="(` + regexp.QuoteMeta(site) + `(?:en|de)/[^"#]+)`)
)

func TestLinksBetweenArticlesResolve(t *testing.T) {
	all := articles(t)
	urls := map[string]bool{}
	for _, a := range all {
		urls[a.meta.URL] = true
	}
	links := 0
	for name, a := range all {
		for _, m := range markdownLink.FindAllStringSubmatch(a.body, -1) {
			links++
			target := path.Join(path.Dir(name), m[1])
			require.Contains(t, all, target, "link in %s", name)
			if a.meta.Audience == "public" {
				require.Equal(t, "public", all[target].meta.Audience, "link in %s", name)
			}
		}
		for _, m := range pageLink.FindAllStringSubmatch(a.body, -1) {
			links++
			require.Contains(t, urls, m[1], "link in %s", name)
		}
	}
	require.Greater(t, links, 40)
}

func TestQuestionsHaveGold(t *testing.T) {
	all := articles(t)
	counts, ids, asked := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, q := range questions(t) {
		require.False(t, ids[q.ID], "id %s twice", q.ID)
		ids[q.ID] = true
		key := strings.ToLower(q.Question)
		require.False(t, asked[key], "%s is asked twice", q.ID)
		asked[key] = true
		require.Equal(t, "helpcentre", q.KB)
		require.Equal(t, q.Kind == "followup", len(q.History) > 0, q.ID)
		counts["all"]++
		counts[q.Kind]++
		if !q.Answerable {
			require.Empty(t, q.Gold, q.ID)
			require.Empty(t, q.Must, q.ID)
			require.NotEmpty(t, q.Why, q.ID)
			require.Contains(t, []string{"near", "far"}, q.Kind, q.ID)
			continue
		}
		require.NotEmpty(t, q.Reference, q.ID)
		require.NotEmpty(t, q.Gold, q.ID)
		require.True(t, len(q.Must) >= 1 && len(q.Must) <= 3, q.ID)
		for _, gold := range q.Gold {
			require.Contains(t, all, gold, q.ID)
			text := plain(gold, all[gold].body)
			for _, must := range q.Must {
				require.Contains(t, text, squeeze(must), "%s in %s", q.ID, gold)
			}
		}
		if all[q.Gold[0]].meta.Language == "de" {
			counts["german"]++
		}
	}
	require.GreaterOrEqual(t, counts["all"], 60)
	require.GreaterOrEqual(t, counts["near"], 10)
	require.GreaterOrEqual(t, counts["far"], 5)
	require.GreaterOrEqual(t, counts["followup"], 5)
	require.GreaterOrEqual(t, counts["german"], 5)
}

var (
	codeDirective = regexp.MustCompile(`(?m)^\.\. code-block::.*$`)
	linkTarget    = regexp.MustCompile(`\]\([^)]*\)`)
	markup        = strings.NewReplacer("**", "", "`", "", "[", "", "]", "", "|", " ")
)

// plain is an article's text without mark-up, folded and with single spaces.
func plain(name, body string) string {
	switch path.Ext(name) {
	case ".html", ".pdf":
		return squeeze(visible(body))
	case ".rst":
		body = codeDirective.ReplaceAllString(body, "")
	}
	return squeeze(markup.Replace(linkTarget.ReplaceAllString(body, "")))
}

func squeeze(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

func visible(body string) string {
	var b strings.Builder
	skip := false
	for z := html.NewTokenizer(strings.NewReader(body)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if !skip {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.EndTagToken:
			tag := z.Token()
			if tag.Data == "script" || tag.Data == "style" {
				skip = tag.Type == html.StartTagToken
			}
		}
	}
}

var (
	address   = regexp.MustCompile(`[\w.+-]+@([\w-]+(?:\.[\w-]+)+)`)
	reserved  = regexp.MustCompile(`(^|\.)(example|example\.(com|org|net))$`)
	telephone = regexp.MustCompile(`\+\d[\d ()/-]{7,}|\b0\d{2,5}[ /-]\d{4,}`)
)

func TestNothingPointsToRealPeople(t *testing.T) {
	seen := 0
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch path.Ext(name) {
		case ".pdf", ".docx", ".go":
			return nil
		}
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, m := range address.FindAllSubmatch(data, -1) {
			seen++
			require.Regexp(t, reserved, string(m[1]), name)
		}
		require.Empty(t, telephone.FindString(string(data)), name)
		return nil
	}))
	require.Positive(t, seen)
}

func TestBinaryFilesNameNoMachine(t *testing.T) {
	pdf, err := fs.ReadFile(helpcentre.Files, "articles/administration/admin-guide.pdf")
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(pdf, []byte("%PDF-")))
	for _, part := range []string{"file://", "/home/", "/Author"} {
		require.NotContains(t, string(pdf), part)
	}
}

func TestTicketsReadLikeMail(t *testing.T) {
	files, err := fs.Glob(os.DirFS("tickets"), "*.txt")
	require.NoError(t, err)
	require.Len(t, files, 15)
	for _, name := range files {
		data, err := os.ReadFile(path.Join("tickets", name))
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(data), "From: "), name)
		require.Contains(t, string(data), "\nSubject: ", name)
		require.Greater(t, len(strings.Fields(string(data))), 50, name)
	}
}

func TestDemoOffersSixQuestions(t *testing.T) {
	var demo struct {
		Product   string `yaml:"product"`
		About     string `yaml:"about"`
		Questions []struct {
			Label    string `yaml:"label"`
			Title    string `yaml:"title"` // shown in place of a long question
			Kind     string `yaml:"kind"`
			Question string `yaml:"question"`
			After    string `yaml:"after"`
		} `yaml:"questions"`
	}
	data, err := fs.ReadFile(helpcentre.Files, "demo.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.UnmarshalWithOptions(data, &demo, yaml.Strict()))
	labels, kinds := map[string]bool{}, map[string]bool{}
	for _, q := range demo.Questions {
		require.NotEmpty(t, q.Question)
		require.Equal(t, q.Kind == "followup", q.After != "", q.Label)
		if q.After != "" {
			require.True(t, labels[q.After], "%s comes before %s", q.Label, q.After)
		}
		labels[q.Label], kinds[q.Kind] = true, true
	}
	require.Len(t, demo.Questions, 6)
	require.Len(t, kinds, 6)
}
