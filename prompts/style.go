package prompts

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts/files"
)

// auto names the language file that stands for the question's own language.
const auto = "auto"

// styleFile is a style as its file has it. Which fields it may have depends on
// the folder.
type styleFile struct {
	Description string             `yaml:"description"`
	Instruction string             `yaml:"instruction"`
	Phrases     map[string]Phrases `yaml:"phrases"` // of a tone, by language
	Layout      *Layout            `yaml:"layout"`  // of a format
	Words       *Words             `yaml:"words"`   // of a length

	source []byte
}

// styleValue is a style as templates see it.
type styleValue struct{ Name, Instruction string }

func parseStyle(kind string, f files.File) (*styleFile, error) {
	var s styleFile
	if err := files.YAML(f, f.Data, 0, &s); err != nil {
		return nil, err
	}
	s.Description, s.Instruction = strings.TrimSpace(s.Description), strings.TrimSpace(s.Instruction)
	s.source = f.Data
	if s.Description == "" || s.Instruction == "" {
		return nil, f.Problem(1, "needs a description and an instruction")
	}
	if kind != files.Tones && s.Phrases != nil || kind != files.Formats && s.Layout != nil || kind != files.Lengths && s.Words != nil {
		return nil, f.Problem(1, "phrases belong to tones, layout to formats, words to lengths")
	}
	return &s, s.check(kind, f)
}

func (s *styleFile) check(kind string, f files.File) error {
	switch kind {
	case files.Tones:
		if _, ok := s.Phrases["en"]; !ok {
			return f.Problem(1, "phrases: needs at least en, which stands in for languages without phrases")
		}
		for _, lang := range slices.Sorted(maps.Keys(s.Phrases)) {
			p := s.Phrases[lang]
			if p.Greeting == "" || p.NoAnswer == "" || p.Clarify == "" {
				return f.Problem(f.LineOf(lang+":"), "phrases: %s needs greeting, no_answer and clarify", lang)
			}
		}
	case files.Formats:
		if s.Layout == nil || !slices.Contains([]Items{Paragraph, Numbered, Bullets}, s.Layout.Items) {
			return f.Problem(f.LineOf("items:"), "layout: items must be paragraph, numbered or bullets")
		}
	case files.Lengths:
		if s.Words == nil || s.Words.Min < 1 || s.Words.Max < s.Words.Min {
			return f.Problem(f.LineOf("words:"), "words: needs min and max, 1 <= min <= max")
		}
	}
	return nil
}

// Styles lists the declared values of each part of a style, by name.
func (s *Set) Styles() Styles {
	list := func(kind string) (out []Choice) {
		for _, name := range slices.Sorted(maps.Keys(s.styles[kind])) {
			out = append(out, Choice{name, s.styles[kind][name].Description})
		}
		return out
	}
	return Styles{list(files.Tones), list(files.Formats), list(files.Lengths), list(files.Languages)}
}

// Voice looks up a style. Empty fields get the prompt's defaults; a value that
// is not declared is a kb.Invalid error that names those that are.
func (s *Set) Voice(prompt string, style Style) (Voice, error) {
	p, err := s.prompt(prompt)
	if err != nil {
		return Voice{}, err
	}
	v := Voice{inputs: map[string]styleValue{}}
	var hash []byte
	pick := func(kind, input, value string) (string, *styleFile, error) {
		value = strings.ToLower(strings.TrimSpace(value))
		if value == "" {
			value = p.styleDefault(input)
		}
		f, ok := s.styles[kind][value]
		allowed := p.allowed(input, slices.Sorted(maps.Keys(s.styles[kind])))
		if problem, bad := s.broken[kind][value]; bad && !ok {
			return "", nil, kb.Errorf(kb.Invalid, "%s %q cannot be used, its file has a mistake: %s", input, value, problem.Error())
		}
		if !ok || !slices.Contains(allowed, value) {
			return "", nil, kb.Errorf(kb.Invalid, "unknown %s %q: use one of %s", input, value, strings.Join(allowed, ", "))
		}
		hash = fmt.Appendf(hash, "%s/%s %d\n%s", kind, value, len(f.source), f.source)
		v.inputs[input] = styleValue{value, f.Instruction}
		return value, f, nil
	}
	var tone, format, length *styleFile
	if v.Style.Tone, tone, err = pick(files.Tones, "tone", style.Tone); err != nil {
		return Voice{}, err
	}
	if v.Style.Format, format, err = pick(files.Formats, "format", style.Format); err != nil {
		return Voice{}, err
	}
	if v.Style.Length, length, err = pick(files.Lengths, "length", style.Length); err != nil {
		return Voice{}, err
	}
	if v.Style.Language, _, err = pick(files.Languages, "language", style.Language); err != nil {
		return Voice{}, err
	}
	v.Style.Language = strings.TrimSuffix(v.Style.Language, auto)
	v.Layout, v.Words, v.hash = *format.Layout, *length.Words, hash
	v.Phrases = tone.phrases(v.Style.Language)
	return v, nil
}

func (s *styleFile) phrases(language string) Phrases {
	if p, ok := s.Phrases[language]; ok {
		return p
	}
	return s.Phrases["en"]
}
