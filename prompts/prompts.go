// Package prompts holds what is said to models and customers as files: prompts,
// styles and few-shot examples, typed, checked at load and hashed.
package prompts

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
