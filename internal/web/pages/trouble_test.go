package pages_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	vocabulary "github.com/askdesk/askdesk/kb"
)

var trouble = []story{
	{name: "keep what was typed over a reload", tell: keepOverReload},
	{name: "keep the question when the service is not ready", phone: true, tell: notReady},
	{name: "wait when there were too many questions", tell: tooMany},
	{name: "shorten a question that is too long", tell: tooLong},
	{name: "hear of an error inside with its number", tell: inside},
	{name: "lose the network and get it back", tell: offline},
	{name: "keep what has come when the stream breaks", phone: true, tell: streamBreaks},
	{name: "get an unanswered question back after a reload", tell: reloadMidway},
	{name: "sign in again when the session has ended and find the question", prepare: withKeys, tell: sessionEnds},
	{name: "hear of a knowledge base that is gone", tell: baseGone},
	{name: "keep the answer when writing it again fails", tell: rewriteFails},
	{name: "hear why an upload is not followed any more", prepare: withKeys, tell: uploadLost},
}

// kept asks something that fails, and sees the sentence and the question.
func (p *tab) kept(sentence string) {
	p.t.Helper()
	p.write("#question", question)
	p.press(kb.Enter, chromedp.ModifierCtrl)
	p.sees(`#alert [role="alert"]`, sentence)
	require.Equal(p.t, question, p.typed())
	require.Equal(p.t, 0, js[int](p, `document.querySelectorAll(".turn").length`))
}

func (p *tab) typed() string {
	p.t.Helper()
	return js[string](p, `document.querySelector("#question").value`)
}

func (p *tab) again() {
	p.t.Helper()
	p.click("#alert .button")
	p.sees(".badge", "Supported")
	require.Empty(p.t, p.text("#alert"))
	require.Empty(p.t, p.typed())
}

func keepOverReload(_ *service, p *tab) {
	p.write("#question", "Half a quest")
	p.do(chromedp.Reload())
	p.sees("#welcome", "")
	require.Equal(p.t, "Half a quest", p.typed())
}

func notReady(s *service, p *tab) {
	s.script.set(vocabulary.Errorf(vocabulary.Unavailable, "The index is being rebuilt. Try again in a minute."), nil)
	p.kept("Askdesk is not ready. The index is being rebuilt. Try again in a minute.")
	p.shot("error")
	p.again()
}

func tooMany(s *service, p *tab) {
	s.interceptNext(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, `{"status":429,"detail":"Too many."}`, http.StatusTooManyRequests)
	})
	p.kept("Too many questions at once. Wait 1 second, then try again.")
	p.sees("#alert .button", "Try again")
	p.again()
}

func tooLong(s *service, p *tab) {
	s.script.set(vocabulary.Errorf(vocabulary.TooLarge, "The question is longer than 32,000 characters. Leave the quoted mails out."), nil)
	p.kept("This is too large. The question is longer than 32,000 characters.")
}

func inside(s *service, p *tab) {
	s.script.set(errors.New("secret detail"), nil)
	p.kept("Something went wrong inside Askdesk.")
	require.NotContains(p.t, p.text("body"), "secret detail")
	require.Regexp(p.t, `this number: [0-9a-f-]{36}\.`, p.text("#alert"))
	p.again()
}

func offline(_ *service, p *tab) {
	p.network(false)
	p.kept("You are offline. Connect to the network, then try again.")
	p.network(true)
	p.again()
}

func (p *tab) network(on bool) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: !on, DownloadThroughput: -1, UploadThroughput: -1})
	require.NoError(p.t, err)
	_, err = chromedp.Call(p.ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: !on, DownloadThroughput: -1, UploadThroughput: -1}},
	})
	require.NoError(p.t, err)
	p.until(fmt.Sprintf(`navigator.onLine === %v`, on))
}

func streamBreaks(s *service, p *tab) {
	seen := make(chan struct{})
	s.interceptNext(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "event: passages\ndata: {\"id\":\"a\",\"conversation\":\"\",\"relevance\":1,\"passages\":[]}\n\n"+
			"event: delta\ndata: {\"text\":\"Open the settings.\",\"citations\":[]}\n\n")
		_ = http.NewResponseController(w).Flush()
		<-seen
		panic(http.ErrAbortHandler)
	})
	p.write("#question", question)
	p.press(kb.Enter, chromedp.ModifierCtrl)
	p.sees(".answer-text", "Open the settings.")
	close(seen)
	p.sees(`.turn [role="alert"]`, "The connection broke before the answer was complete.")
	p.sees(".badge", "Not complete")
	p.sees(".answer-text", "Open the settings.")
	p.shot("broken")
	p.click(".turn .notice .button")
	p.sees(".badge", "Supported")
}

func reloadMidway(s *service, p *tab) {
	s.script.set(nil, make(chan struct{}))
	p.write("#question", question)
	p.press(kb.Enter, chromedp.ModifierCtrl)
	p.sees(".answer-text", "Hi there,")
	p.do(chromedp.Reload())
	p.sees("#alert", "Your last question was not answered before the page closed. It is back in the box.")
	require.Equal(p.t, question, p.typed())
}

func withKeys(s *service) {
	create := func(name string, role vocabulary.Role) string {
		secret, err := s.store.CreateKey(s.t.Context(), vocabulary.Key{Name: name, Role: role, Audience: vocabulary.Agent})
		require.NoError(s.t, err)
		return secret
	}
	s.agent = create("Support desk", vocabulary.RoleAgent)
	s.admin = create("Documentation", vocabulary.RoleAdmin)
}

func (p *tab) signIn(key string) {
	p.t.Helper()
	p.write("#key", key)
	p.press(kb.Enter)
}

func sessionEnds(s *service, p *tab) {
	p.signIn(s.agent)
	p.sees("#welcome", "")
	s.store.endSessions(true)
	p.kept("Your session has ended. Sign in again; what you typed is kept.")
	p.click("#alert a")
	p.sees("#key", "")
	s.store.endSessions(false)
	p.signIn(s.agent)
	p.sees("#welcome", "")
	require.Equal(p.t, question, p.typed())
	p.click("#ask")
	p.sees(".badge", "Supported")
}

func baseGone(s *service, p *tab) {
	p.choose("#kb", "handbook")
	require.NoError(p.t, s.store.DeleteBase(p.ctx, "handbook"))
	p.kept("Not found.")
	require.True(p.t, strings.Contains(p.text("#alert"), "default"), "it names those that exist: %s", p.text("#alert"))
}

func rewriteFails(s *service, p *tab) {
	p.ask(question)
	s.script.set(vocabulary.Errorf(vocabulary.Unavailable, "Come back later."), nil)
	p.choose(`.restyle [data-style="tone"]`, "formal")
	p.sees(`.turn [role="alert"]`, "Come back later.")
	p.sees(".answer-text", "Hi there,")
	p.click(".turn .notice .button")
	p.sees(".answer-text", "Dear customer,")
}

func uploadLost(s *service, p *tab) {
	p.visit("/documents")
	p.signIn(s.admin)
	p.sees("#summary", "5 documents")
	p.files("[data-uploader] input[type=file]", map[string]string{"scan.md": "SLOW"})
	p.sees(".upload-item .badge", "Reading")
	p.network(false)
	p.sees(".upload-item .notice", "You are offline.")
	p.network(true)
	p.click(".upload-item .notice .button")
	p.gone(".upload-item .notice")
	s.store.endSessions(true)
	p.sees(".upload-item .notice a", "Sign in")
	p.sees(".upload-status", "0 of 1 file ready.")

	s.store.endSessions(false)
	p.visit("/documents")
	p.sees("#summary", "1 being read")
	s.store.endSessions(true)
	p.sees("#alert", "Your session has ended.")
	s.store.endSessions(false)
}
