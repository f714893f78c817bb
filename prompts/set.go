package prompts

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts/files"
)

// Set is all prompts and styles at one moment. It never changes, so that one
// answer is made from one state of the files; it is safe for concurrent use.
type Set struct {
	prompts map[string]*prompt
	styles  map[string]map[string]*styleFile // kind -> name
	broken  map[string]map[string]Problem    // kind -> name of a style that only a bad file declares
}

// Names are the names of the prompts, sorted.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.prompts)) }

// Show is the source of a prompt with its partials and examples, each under a
// line with its name.
func (s *Set) Show(name string) (string, error) {
	p, err := s.prompt(name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, f := range p.sources {
		fmt.Fprintf(&b, "# %s\n%s\n", f.Name, f.Data)
	}
	return b.String(), nil
}

func (s *Set) prompt(name string) (*prompt, error) {
	p, ok := s.prompts[name]
	if !ok {
		return nil, kb.Errorf(kb.NotFound, "there is no prompt %q: use one of %s", name, strings.Join(s.Names(), ", "))
	}
	return p, nil
}

// maxTurn bounds a turn of the history, in code points.
const maxTurn = 2000

// Render fills a prompt in. The messages are a system message, the examples as
// pairs of user and assistant, the history, and the question; user and
// assistant alternate.
func (s *Set) Render(name string, in Input) (Rendered, error) {
	p, err := s.prompt(name)
	if err != nil {
		return Rendered{}, err
	}
	out := Rendered{
		Output: Output{Temperature: p.Head.Output.Temperature, MaxTokens: p.Head.Output.MaxTokens},
		Ref:    Ref{Name: name, Hash: p.hashWith(in.Voice)},
	}
	var user files.Role
	for _, r := range p.Roles {
		if r.Name == User {
			user = r
			continue
		}
		text, err := fill(r, p.values(in))
		if err != nil {
			return Rendered{}, err
		}
		out.Messages = appendTurn(out.Messages, r.Name, text)
	}
	for _, e := range p.examples {
		text, err := fill(user, p.values(Input{Question: e.Question, Passages: e.passages(), Voice: in.Voice}))
		if err != nil {
			return Rendered{}, err
		}
		out.Messages = appendTurn(out.Messages, User, text)
		out.Messages = appendTurn(out.Messages, Assistant, strings.TrimSpace(e.Answer))
	}
	out.Messages = p.appendHistory(out.Messages, in.History)
	text, err := fill(user, p.values(in))
	if err != nil {
		return Rendered{}, err
	}
	out.Messages = appendTurn(out.Messages, User, text)
	return out, nil
}

func (p *prompt) hashWith(v Voice) string {
	h := sha256.New()
	h.Write(p.hash)
	h.Write(v.hash)
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func (p *prompt) values(in Input) map[string]any {
	values := map[string]any{
		"question": quote(in.Question), "passages": passageValues(in.Passages), "no_answer": oneLine(in.Voice.Phrases.NoAnswer),
	}
	for name, spec := range p.Head.Inputs {
		if _, ok := values[name]; !ok {
			values[name] = spec.Default
		}
	}
	for name, v := range in.Voice.inputs {
		values[name] = v
	}
	return values
}

func fill(r files.Role, values map[string]any) (string, error) {
	var b strings.Builder
	if err := r.Body.Execute(&b, values); err != nil {
		return "", fmt.Errorf("render %s: %w", r.Name, err)
	}
	return strings.TrimSpace(b.String()), nil
}

// passageValue is a passage as templates see it; Text is quoted line by line.
type passageValue struct {
	N                             int
	Title, Heading, Updated, Text string
}

func passageValues(passages []kb.Passage) []passageValue {
	out := make([]passageValue, len(passages))
	for i, p := range passages {
		out[i] = passageValue{
			N: i + 1, Title: oneLine(breakMarkers(p.Document.Title)),
			Heading: oneLine(breakMarkers(strings.Join(p.Heading, " > "))),
			Text:    quote(breakMarkers(p.Text)),
		}
		if !p.Document.Updated.IsZero() {
			out[i].Updated = p.Document.Updated.Format("2006-01-02")
		}
	}
	return out
}

// appendHistory puts the last turns in. Markers of earlier answers counted
// other passages, so they are left out.
func (p *prompt) appendHistory(messages []Message, history []kb.Turn) []Message {
	if n := p.Head.History; len(history) > n {
		history = history[len(history)-n:]
	}
	for len(history) > 0 && history[0].Role != User {
		history = history[1:]
	}
	for _, turn := range history {
		if turn.Role != User && turn.Role != Assistant {
			continue
		}
		text := strings.TrimSpace(clean(marker.ReplaceAllString(turn.Content, "")))
		if r := []rune(text); len(r) > maxTurn {
			text = string(r[:maxTurn]) + " ..."
		}
		if text != "" {
			messages = appendTurn(messages, turn.Role, text)
		}
	}
	return messages
}

// appendTurn adds a message; a second one of the same role joins the first,
// because many chat templates refuse turns that do not alternate.
func appendTurn(messages []Message, role, text string) []Message {
	if n := len(messages); n > 0 && messages[n-1].Role == role {
		messages[n-1].Content += "\n\n" + text
		return messages
	}
	return append(messages, Message{role, text})
}
