package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func show(words []Word) string {
	var out []string
	for _, w := range words {
		s := w.Text
		if w.Identifier {
			s = "#" + s
		}
		if w.Parts != nil {
			s += "(" + strings.Join(w.Parts, " ") + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, " | ")
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"How do I reset my password?":   "how | do | i | reset | my | password",
		"Error E_CONN_42.":              "error | #e_conn_42(e conn 42)",
		"use --dry-run, then -v":        "use | #--dry-run(dry run) | then | #-v(v)",
		"since v1.2.3.":                 "since | #v1.2.3(1.2.3)",
		"restic 0.16.4":                 "restic | #0.16.4",
		"set OLLAMA_HOST=0.0.0.0:11434": "set | #ollama_host(ollama host) | #0.0.0.0:11434(0.0.0.0 11434)",
		"foo.bar/baz":                   "#foo.bar/baz(foo bar baz)",
		"see /etc/apt/sources.list":     "see | #/etc/apt/sources.list(etc apt sources list)",
		"getUserName() or GitHub":       "#getusername(getusername get user name) | or | github(github git hub)",
		"two-factor e-mail":             "two-factor(two factor) | e-mail(e mail)",
		"read and/or write":             "read | and/or(and or) | write",
		"forgot my password.How now":    "forgot | my | password.how(password how) | now",
		"e.g. this, U.S. law":           "e.g | this | u.s | law",
		"don’t stop, user's":            "don't | stop | user's",
		"L’utilisateur d'accord":        "l | utilisateur | d | accord",
		"10GB or 2.5 MB, 1,000.50 EUR":  "10 | gb | or | 2.5 | mb | 1,000.50(1000.50 1 000.50) | eur",
		"30-day trial, the 3rd time":    "30-day(30 day) | trial | the | 3rd | time",
		"PDFs and URLs":                 "pdfs | and | urls",
		"HTTPServer sha256 utf-8":       "httpserver(httpserver http server) | #sha256(sha256 sha 256) | #utf-8(utf 8)",
		"C++ and C# code":               "#c++(c) | and | #c#(c) | code",
		"mail me@example.com":           "mail | #me@example.com(me example com)",
		"**bold** _em_ __init__":        "bold | em | init",
		"[text](https://a.b/c?d=1).":    "text | #https://a.b/c?d=1(https a b c d 1)",
		"東京都に":                          "東京 | 京都 | 都に",
		"iPhoneを買う 车":                   "#iphone(iphone phone) | を買 | 買う | 车",
		"Straße ＡＢＣ ﬁle":                "straße | abc | file",
		"Pass\u00adwort":                "passwort",
		"llama3.2:8b":                   "#llama3.2:8b(llama3.2 llama 3.2 8b)",
		"12:30 2024-01-15":              "12:30(12 30) | 2024-01-15(2024 01 15)",
		"wait... what--ever":            "wait | what | ever",
	} {
		require.Equal(t, want, show(Words(in)), in)
	}
}

func TestStem(t *testing.T) {
	require.Equal(t, Stem("en", "invoices"), Stem("en", "invoice"))
	require.Equal(t, Stem("de", "rechnungen"), Stem("de", "rechnung"))
	require.Equal(t, "invoices", Stem("", "invoices"))
	require.Equal(t, "v1.2.3s", Stem("en", "v1.2.3s"))
	require.Equal(t, "contrasena", Unaccent("contraseña"))
	require.Equal(t, "パスワード", Unaccent("パスワード"))
	for language := range stemmers {
		require.NotEmpty(t, Stem(language, "information"), language)
	}
}

func TestStop(t *testing.T) {
	for _, w := range Words("How do I what can't not please") {
		require.True(t, Stop("en", w.Text), w.Text)
	}
	require.True(t, Stop("de", "wie"))
	require.False(t, Stop("en", "password"))
	require.False(t, Stop("", "the"))
	for language, words := range stopWords {
		for _, w := range words {
			require.Equal(t, Fold(w), w, language)
		}
	}
}

func TestSentences(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                   nil,
		"One. Two! Three?":                   {"One.", "Two!", "Three?"},
		"Use e.g. Linux. Version 1.2 is out": {"Use e.g. Linux.", "Version 1.2 is out"},
		"See https://a.b/c?d=1. Then go.":    {"See https://a.b/c?d=1.", "Then go."},
		"Mr. Smith paid 3.50 EUR. He left.":  {"Mr. Smith paid 3.50 EUR.", "He left."},
		"Am 3. Mai kam z. B. Post. Gut.":     {"Am 3. Mai kam z. B. Post.", "Gut."},
		"He said \"Stop.\" Then (ok.) left.": {"He said \"Stop.\"", "Then (ok.) left."},
		"Run `a. B` now. `rm` deletes.":      {"Run `a. B` now.", "`rm` deletes."},
		"# Title #\nText one.\nText two.":    {"Title", "Text one.", "Text two."},
		"Title\n=====\nText.":                {"Title", "Text."},
		"- One. Two.\n- Three\n  more\n\nEnd.": {
			"One. Two.", "Three\n  more", "End."},
		"1. Open it.\n2. Close it. Done.\n":      {"Open it.", "Close it. Done."},
		"> Quoted. Twice.":                       {"Quoted.", "Twice."},
		"| a | b |\n|---|---|\n| c. D | e |":     {"| a | b |", "| c. D | e |"},
		"Do:\n```sh\n# no\n\nls. X\n```\nAfter.": {"Do:", "```sh\n# no\n\nls. X\n```", "After."},
		"Do:\n\n    ls -l\n\n    pwd\n\nAfter.":  {"Do:", "ls -l\n\n    pwd", "After."},
		"一つ。二つ。":                                 {"一つ。", "二つ。"},
		"```\nopen":                              {"```\nopen"},
	} {
		var got []string
		for _, span := range Sentences(in) {
			got = append(got, in[span.Start:span.End])
		}
		require.Equal(t, want, got, in)
	}
}

func TestLanguage(t *testing.T) {
	en := strings.Repeat("You can reset your password from the sign-in page of the account settings. ", 4)
	de := strings.Repeat("Sie können Ihr Passwort jederzeit auf der Seite mit den Einstellungen zurücksetzen. ", 4)
	require.Equal(t, "en", Language(en))
	require.Equal(t, "de", Language(de))
	require.Empty(t, Language("how do i reset my password"))
	require.Empty(t, Language("```\n"+en+"\n```"))
	require.Empty(t, Language(""))
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "E_CONN_42 --dry-run v1.2", "- a. B\n```\nx", "東京都 l'ami İİ ﷺ", "__ \xff-a/b::c://d", "> # x\n\t1. y|", "10GB C++ a\u00ad"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := -1
		for _, w := range Words(s) {
			require.Greater(t, w.Start, last)
			require.Less(t, w.Start, w.End)
			require.LessOrEqual(t, w.End, len(s))
			require.NotEmpty(t, w.Text)
			require.NotContains(t, w.Parts, "")
			onRunes(t, s, Span(w.Span))
			last = w.Start
		}
		last = 0
		for _, span := range Sentences(s) {
			require.GreaterOrEqual(t, span.Start, last)
			require.Less(t, span.Start, span.End)
			require.LessOrEqual(t, span.End, len(s))
			onRunes(t, s, span)
			last = span.End
		}
		if utf8.ValidString(s) {
			require.Equal(t, Fold(s), Fold(Fold(s)))
		}
		Language(s)
	})
}

func onRunes(t *testing.T, s string, span Span) {
	if utf8.ValidString(s) {
		require.True(t, utf8.ValidString(s[span.Start:span.End]), "%q", s[span.Start:span.End])
	}
}

func BenchmarkWords(b *testing.B) {
	s := strings.Repeat("To reset your password, open Settings and choose `--reset` on the sign-in page of example.com. ", 1000)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		Words(s)
	}
}

func BenchmarkSentences(b *testing.B) {
	s := strings.Repeat("To reset your password, open Settings. Choose `--reset` on the sign-in page.\n\n- one\n", 1000)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		Sentences(s)
	}
}
