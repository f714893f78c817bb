package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/kb"
)

func TestHintsCanBeTypedAsTheyStand(t *testing.T) {
	for executable, want := range map[string]string{
		"/tmp/go-build2045302439/b001/exe/askdesk":                                                            fromSource,
		"/root/.cache/go-build/92/92c7cf28dc43b1c1812c41ebfc9316e3101d297c39c51ec4d6a882a0893459e0-d/askdesk": fromSource,
		"/tmp/go-build2045302439/b001/askdesk.test":                                                           installed,
		"/home/ada/go-build/bin/askdesk":                                                                      installed,
		"/usr/local/bin/askdesk":                                                                              installed,
		"":                                                                                                    installed,
	} {
		require.Equal(t, want, programOf(executable), executable)
	}
	require.Equal(t, "askdesk ingest FOLDER", typed(installed, "ingest FOLDER", "askdesk-data"))
	require.Equal(t, "go run ./cmd/askdesk serve --data /srv/a", typed(fromSource, "serve", "/srv/a"))
	require.Equal(t, `askdesk serve --data "my data"`, typed(installed, "serve", "my data"))
}

func TestTheFirstKeySaysWhatItChanges(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first := askdesk(t, nil, "keys", "create", "--name", "desk", "--data", data)
	require.Equal(t, exitDone, first.code, first.err)
	require.Contains(t, first.err, "/login")
	require.Contains(t, first.err, "askdesk keys create --name NAME --role admin --data "+data)
	second := askdesk(t, nil, "keys", "create", "--name", "bot", "--data", data)
	require.NotContains(t, second.err, "/login")
	require.Contains(t, second.err, "no admin key")
	admin := askdesk(t, nil, "keys", "create", "--name", "boss", "--role", "admin", "--data", data)
	require.NotContains(t, admin.err, "no admin key")
}

func TestCitationsArePrintedInTheOrderOfTheirNumbers(t *testing.T) {
	var out bytes.Buffer
	a := &app{terminal: terminal{out: &out, err: new(bytes.Buffer)}}
	a.printAnswer(answer.Answer{
		Text: "Yes. [2] No. [1]", Band: answer.BandAnswer,
		Passages:  []kb.Passage{{Document: kb.Document{Title: "First"}}, {Document: kb.Document{Title: "Second"}}},
		Citations: []kb.Citation{{N: 2, Passage: 1}, {N: 1, Passage: 0}, {N: 2, Passage: 1}},
	})
	require.Regexp(t, `(?s)\[1\] First.*\n\[2\] Second[^\n]*\n$`, out.String())
}
