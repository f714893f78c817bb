// Package prompts holds what is said to models and customers as files: prompts,
// styles and few-shot examples, typed, checked at load and hashed.
//
// A prompt is one file, NAME.prompt: strict YAML front matter, then one
// text/template body a role. Roles are split off the file before anything is
// filled in, so no value can open a turn. Passages and questions are quoted
// line by line ("| "), so no value can pose as an instruction's frame either.
// Style files (tones, formats, lengths, languages) carry an instruction for
// models and the phrases that answers without a model are built from.
//
// The built-in files live in library/; a team's own in DIR/prompts and
// DIR/styles replace them by name and take effect without a restart.
package prompts

import (
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts/files"
)

// The roles of messages.
const (
	System    = "system"
	User      = "user"
	Assistant = "assistant"
)

// Message is one turn sent to a model.
type Message struct {
	Role    string // system, user or assistant
	Content string
}

// Style is how an answer is written. An empty field means the default.
type Style struct {
	Tone     string // friendly, formal, empathetic, concise, or a team's own
	Format   string // chat, email, steps, bullets, or a team's own
	Length   string // short, medium, long
	Language string // ISO 639-1 code; "" is the question's language
}

// Ref names the prompt an answer was made with.
type Ref struct {
	Name string
	Hash string // of the template, its partials, styles and examples
}

// Voice is a style with what its files say.
type Voice struct {
	Style   Style // defaults filled in; Language "" is still the question's
	Phrases Phrases
	Layout  Layout
	Words   Words
	hash    []byte
	inputs  map[string]styleValue
}

// Phrases are what an answer says around the facts. They hold no fact, no
// name and no number.
type Phrases struct {
	Greeting string `yaml:"greeting"`
	Opening  string `yaml:"opening"`
	Closing  string `yaml:"closing"`
	NoAnswer string `yaml:"no_answer"` // the documents do not answer
	Clarify  string `yaml:"clarify"`   // the question is too vague
}

// Layout is how the parts of an answer without a model are put together.
type Layout struct {
	Items    Items `yaml:"items"`
	Greeting bool  `yaml:"greeting"`
	Opening  bool  `yaml:"opening"`
	Closing  bool  `yaml:"closing"`
}

// Items says how the sentences of an answer stand.
type Items string

// The ways in which sentences stand.
const (
	Paragraph Items = "paragraph"
	Numbered  Items = "numbered"
	Bullets   Items = "bullets"
)

// Words bound the length of an answer.
type Words struct {
	Min int `yaml:"min"`
	Max int `yaml:"max"`
}

// Input is what a prompt is filled with.
type Input struct {
	Question string
	Passages []kb.Passage
	History  []kb.Turn // oldest first
	Voice    Voice
}

// Output holds a prompt's parameters for the model.
type Output struct {
	Temperature *float64 // nil: the model's or server's own
	MaxTokens   int      // 0: no limit of ours
}

// Rendered is a prompt filled in.
type Rendered struct {
	Messages []Message
	Output   Output
	Ref      Ref
}

// Choice is a declared value of a part of a style.
type Choice struct{ Name, Description string }

// Styles are the declared values of each part of a style, by name.
type Styles struct{ Tones, Formats, Lengths, Languages []Choice }

// Problem is what is wrong with a file.
type Problem = files.Problem
