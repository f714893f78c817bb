package pages_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web/api"
	vocabulary "github.com/askdesk/askdesk/kb"
)

// story is one thing that a person does with a page at a desk.
type story struct {
	name    string
	phone   bool // and on a phone, where it goes or looks another way
	prepare func(*service)
	tell    func(s *service, p *tab)
}

// TestStories tells all of them, in one browser a width.
func TestStories(t *testing.T) {
	for _, width := range []int{desk, phone} {
		t.Run(fmt.Sprintf("%d pixels", width), func(t *testing.T) {
			t.Parallel()
			x, tab := newSite(t), newTab(t, newBrowser(t), width)
			for _, st := range slices.Concat(asking, settingUp, trouble) {
				if width == phone && !st.phone {
					continue
				}
				t.Run(st.name, func(t *testing.T) { st.tell(tab.at(t, x, st.prepare)) })
			}
		})
	}
}

const question = "How do I reset my password?"

// ask asks by the keyboard and waits for the whole answer.
func (p *tab) ask(text string) {
	p.t.Helper()
	before := js[int](p, `document.querySelectorAll(".turn").length`)
	p.write("#question", text)
	p.press(kb.Enter, chromedp.ModifierCtrl)
	p.until(fmt.Sprintf(`document.querySelectorAll(".turn").length === %d && !document.querySelector("[aria-busy]") && document.querySelector("#stop").hidden`, before+1))
}

// menu opens the list of conversations where it is a drawer.
func (p *tab) menu() {
	p.t.Helper()
	if p.width < 960 {
		p.click("#open-rail")
	}
}

var asking = []story{
	{name: "ask with Ctrl+Enter and watch the answer come", phone: true, tell: watchTheAnswer},
	{name: "read the source behind a citation by mouse", phone: true, tell: readByMouse},
	{name: "read the source behind a citation by keyboard", phone: true, tell: readByKeyboard},
	{name: "see at a glance how good each source is", phone: true, tell: judgeSources},
	{name: "change the tone of the same answer", tell: changeTone},
	{name: "copy the answer, with and without sources", tell: copyTheAnswer},
	{name: "ask a follow-up question", phone: true, tell: followUp},
	{name: "choose the knowledge base", tell: chooseBase},
	{name: "ask on in the knowledge base of a conversation", tell: askOn},
	{name: "paste a mail and unfold it", tell: pasteMail},
	{name: "stop an answer", tell: stopTheAnswer},
	{name: "learn that the documents do not answer", phone: true, tell: notInTheDocuments},
	{name: "learn that the model is away", prepare: withModel, tell: modelAway},
	{name: "learn how to connect a model", tell: connectModel},
	{name: "thumb an answer up or down with a reason", phone: true, tell: giveFeedback},
	{name: "find a conversation again and delete it", phone: true, tell: findAgain},
	{name: "start the next ticket clean", tell: nextTicket},
	{name: "never scroll sideways", phone: true, prepare: longWords, tell: neverSideways},
	{name: "see no hint outside of its button", tell: hintsStayInside},
	{name: "read a wide table of a source", phone: true, tell: readWideTable},
	{name: "see markup in documents and questions as text", phone: true, tell: markupIsText},
}

func watchTheAnswer(s *service, p *tab) {
	hold := make(chan struct{})
	s.script.set(nil, hold)
	p.sees("#welcome", "What does the customer need")
	p.shot("empty")
	p.write("#question", question)
	p.press(kb.Enter, chromedp.ModifierCtrl)
	p.sees(".answer-text", "Hi there,")
	p.sees(".busy", "Writing from 4 passages")
	p.sees("#stop", "Stop")
	require.NotContains(p.t, p.text(".answer-text"), "30 minutes")
	p.shot("streaming")
	close(hold)
	p.sees(".answer-text", "larkspur-cli auth resend")
	p.sees(".badge", "Supported by your documents")
	p.sees(".answer-why", "Read what it quotes before you send it. Two passages say the same.")
	require.Equal(p.t, "Supported by your documents. Read what it quotes before you send it. 2 sources.", p.text("#announce"))
	require.Empty(p.t, js[string](p, `document.querySelector("#question").value`))
	require.Equal(p.t, 2, js[int](p, `document.querySelectorAll(".answer-text ol > li").length`))
	require.Equal(p.t, "Settings > Security", p.text(".answer-text strong"))
	p.shot("answered")
}

func readByMouse(_ *service, p *tab) {
	p.ask(question)
	p.click(".answer-text li .cite")
	p.sees("#side mark:not(.other)", "Click the link in the mail.")
	p.sees("#side mark.other", "Choose a new password")
	p.sees("#side h3", "Passwords")
	p.sees("#side .passage-path", "Reset a password")
	p.sees("#side .passage-path", "helpcentre: sign-in/passwords.md")
	p.sees("#side .passage-meta", "Updated 14 Sept 2026")
	require.Equal(p.t, "https://help.larkspur.example/sign-in/passwords", js[string](p, `document.querySelector("#side .passage-meta a").href`))
	require.Equal(p.t, "Click the link in the mail.", js[string](p, `[...document.querySelectorAll("#side mark:not(.other)")].map((m) => m.textContent).join("")`))
	p.shot("source")
	p.click("#side-back")
	p.sees("#side-title", "2 sources, 2 more found")
	p.focused("#side-title")
}

func readByKeyboard(_ *service, p *tab) {
	p.ask(question)
	js[chromedp.Void](p, `document.querySelectorAll(".cite")[4].focus()`)
	p.press(kb.Enter)
	p.sees("#side mark", "It opens again by itself after one hour")
	p.sees("#side .passage-path", "Locking · Page 12")
	p.focused("#side-title")
	p.until(`(() => { const m = document.querySelector("#side mark").getBoundingClientRect(), b = document.querySelector("#side-body").getBoundingClientRect(); return m.top >= b.top && m.bottom <= b.bottom })()`)
	p.press(kb.Escape)
	p.focused(`.cite[data-n="2"]`)
	p.gone("#side mark")
	if p.width < 960 {
		p.gone("#side")
	}
}

func judgeSources(_ *service, p *tab) {
	p.ask(question)
	if p.width < 960 {
		p.click(`[data-action="sources"]`)
		p.focused("#side-title")
	}
	require.Equal(p.t, []string{"Strong source", "Partly relevant", "Partly relevant", "Weak source"},
		js[[]string](p, `[...document.querySelectorAll("#side .strength")].map((e) => e.textContent)`))
	require.Equal(p.t, []string{"Unlocking by hand"},
		js[[]string](p, `[...document.querySelectorAll("#side .source")].filter((e) => e.querySelector(".internal")).map((e) => e.querySelector(".source-title").textContent)`))
	require.NotContains(p.t, p.text("body"), "%")
	p.click(`[data-passage="2"]`)
	p.sees("#side .notice", "For agents only")
	p.shot("internal")
	p.press(kb.Escape)
	p.focused(`[data-passage="2"]`)
	p.press(kb.Escape)
	if p.width < 960 {
		p.gone("#side")
		p.focused(`[data-action="sources"]`)
	}
}

func changeTone(s *service, p *tab) {
	p.ask(question)
	p.choose(`.restyle [data-style="tone"]`, "formal")
	p.sees(".answer-text", "Dear customer,")
	p.sees(".versions", "Version 2 of 2")
	asked := s.script.asked()
	require.Len(p.t, asked, 2)
	require.Nil(p.t, asked[0].Passages)
	require.NotNil(p.t, asked[1].Passages, "the same passages, no new search")
	require.Equal(p.t, "formal", asked[1].Style.Tone)
	p.click(`[aria-label="Earlier version"]`)
	p.sees(".answer-text", "Hi there,")
	p.visit(js[string](p, "location.pathname + location.search"))
	p.sees(".answer-text", "Dear customer,")
	require.Equal(p.t, 1, js[int](p, `document.querySelectorAll(".turn").length`))
	p.sees("#style-summary", "Formal")
	p.ask("And on another device?")
	require.Equal(p.t, "formal", s.script.asked()[2].Style.Tone, "the choice is remembered")
}

func copyTheAnswer(_ *service, p *tab) {
	p.ask(question)
	clipboard := `navigator.clipboard.readText()`
	p.click(`[data-action="copy"]`)
	p.sees(`[data-action="copy"]`, "Copied")
	const plain = "Hi there,\n\nOpen Settings > Security and choose Reset password. Larkspur sends a link that works for 30 minutes.\n\n" +
		"1. Click the link in the mail.\n2. Choose a new password of at least 12 characters.\n\n" +
		"After six wrong passwords the account opens again by itself after one hour.\n\nNo mail? Run larkspur-cli auth resend."
	require.Equal(p.t, plain, js[string](p, clipboard))
	p.click(`[data-action="copy-sources"]`)
	p.sees(`[data-action="copy-sources"]`, "Copied")
	cited := js[string](p, clipboard)
	require.Contains(p.t, cited, "2. Choose a new password of at least 12 characters. [1]\n")
	require.True(p.t, strings.HasSuffix(cited, "\n\n[1] Passwords - https://help.larkspur.example/sign-in/passwords\n[2] Accounts handbook - https://help.larkspur.example/handbook.pdf"), cited)
	require.NotContains(p.t, cited, ".md", "a path is nothing for a customer")
}

func followUp(s *service, p *tab) {
	p.ask(question)
	p.ask("And how long is the link good?")
	asked := s.script.asked()
	require.Len(p.t, asked, 2)
	require.Len(p.t, asked[1].History, 2)
	require.Equal(p.t, question, asked[1].History[0].Content)
	p.until(`Math.abs(document.querySelector(".turn:last-child").getBoundingClientRect().top - document.querySelector("#scroll").getBoundingClientRect().top) < 8`)
	require.Equal(p.t, 0, js[int](p, `document.scrollingElement.scrollTop`), "only the thread scrolls")
	require.Equal(p.t, 1, js[int](p, `document.querySelectorAll(".conversation").length`))
}

func pasteMail(s *service, p *tab) {
	mail := "Hello,\n\n" + strings.Repeat("My phone fell into the tank and I cannot sign in.\n", 12) + "\nAda"
	p.ask(mail)
	require.Equal(p.t, mail, s.script.asked()[0].Text)
	height := `document.querySelector(".question").offsetHeight`
	folded := js[int](p, height)
	p.click(".question-more")
	p.sees(".question-more", "Show less")
	require.Greater(p.t, js[int](p, height), folded)
	require.Equal(p.t, mail, p.text(".question"))
}

func stopTheAnswer(s *service, p *tab) {
	s.script.set(nil, make(chan struct{}))
	p.write("#question", question)
	p.click("#ask")
	p.sees(".answer-text", "Hi there,")
	p.click("#stop")
	p.sees(".badge", "Not complete")
	p.sees(".notice", "Stopped.")
	p.sees(".answer-text", "Hi there,")
	p.shot("stopped")
	s.script.set(nil, nil)
	p.click(".turn .notice .button")
	p.sees(".badge", "Supported")
	require.Equal(p.t, 1, js[int](p, `document.querySelectorAll(".turn").length`))
}

func notInTheDocuments(_ *service, p *tab) {
	p.ask("Can I pay with bitcoin?")
	p.sees(".badge.stop", "Not in the documents")
	p.sees(".answer-why", "No passage mentions bitcoin.")
	require.NotContains(p.t, p.text(".answer-head"), "before you send it")
	p.shot("handoff")
	if p.width < 960 {
		p.click(`[data-action="sources"]`)
	}
	p.sees("#side-title", "Nearest passages")
	p.sees(".source-title", "Refunds")
}

func withModel(s *service) {
	s.models = append(s.models, api.Model{Name: "writer", Kind: "openai", Model: "small"})
}

func modelAway(s *service, p *tab) {
	p.choose(`#style-menu [data-style="model"]`, "writer")
	p.ask("Is the model there?")
	p.sees(".notice", "The model did not answer; showing quotes")
	p.sees(".notes", "Understood together")
	p.gone(".connect")
	p.click(".turn .notice .button")
	p.until(`!document.querySelector("[aria-busy]") && document.querySelector(".versions, .notice")`)
	asked := s.script.asked()
	require.Len(p.t, asked, 2)
	require.Equal(p.t, []string{"writer", "writer"}, []string{asked[0].Model, asked[1].Model}, "the model that was chosen tries again")
}

func connectModel(_ *service, p *tab) {
	p.ask(question)
	p.sees(".connect summary", "Quotes from your documents; connect a model for a written reply")
	p.click(".connect summary")
	p.sees(".connect code", "OPENAI_BASE_URL=")
	p.click(".connect [data-copy]")
	p.sees(".connect [data-copy]", "Copied")
	require.Contains(p.t, js[string](p, `navigator.clipboard.readText()`), "askdesk serve")
}

func giveFeedback(s *service, p *tab) {
	p.ask(question)
	p.click(`[data-thumb="up"]`)
	p.until(`document.querySelector("[data-thumb=up]").getAttribute("aria-pressed") === "true"`)
	require.True(p.t, s.store.lastFeedback().Up)
	p.click(`[data-thumb="down"]`)
	p.focused(`.feedback input`)
	p.shot("feedback")
	p.press(kb.Escape)
	p.focused(`[data-thumb="down"]`)
	p.gone(".feedback")
	p.press(kb.Enter)
	p.click(`.feedback input[value="outdated"]`)
	p.write(".feedback textarea", "The menu moved in May.")
	p.click(`.feedback [type="submit"]`)
	p.until(`document.querySelector("[data-thumb=down]").getAttribute("aria-pressed") === "true"`)
	f := s.store.lastFeedback()
	require.Equal(p.t, vocabulary.Feedback{Answer: f.Answer, Reason: "outdated", Note: "The menu moved in May.", Created: f.Created}, f)
	p.focused(`[data-thumb="down"]`)
}

func findAgain(_ *service, p *tab) {
	p.ask(question)
	p.menu()
	p.click("#new-ticket")
	p.ask("Can I pay with bitcoin?")
	p.do(chromedp.Reload())
	p.sees(".answer-text", "our documents don't say whether")
	p.menu()
	p.sees(".conversation.current", "bitcoin")
	p.shot("conversations")
	p.click(`.conversation:nth-child(2) .conversation-open`)
	p.sees(".answer-text", "30 minutes")
	p.click(".answer-text .cite")
	p.sees("#side mark", "Open")
	p.press(kb.Escape)
	p.menu()
	p.click(`.conversation:nth-child(2) .conversation-delete`)
	p.sees("#confirm", "How do I reset my password?")
	p.shot("confirm")
	p.click(`#confirm [value="cancel"]`)
	require.Equal(p.t, 2, js[int](p, `document.querySelectorAll(".conversation").length`))
	p.click(`.conversation:nth-child(2) .conversation-delete`)
	p.click("#confirm-yes")
	p.until(`document.querySelectorAll(".conversation").length === 1`)
	require.Empty(p.t, js[string](p, `document.querySelector("#thread").textContent`), "the open one was deleted")
}

func nextTicket(_ *service, p *tab) {
	p.ask(question)
	p.press("j", chromedp.ModifierCtrl)
	p.sees("#welcome", "What does the customer need")
	p.until(`document.querySelectorAll(".turn").length === 0 && location.search === ""`)
	p.focused("#question")
	p.until(`!document.querySelector("#side .source")`)
}

// long is a word that fits on no line of a phone.
var long = strings.Repeat("Donaudampfschifffahrtsgesellschaft", 4)

func longWords(s *service) {
	demo(s)
	s.pages.Commands[0].Line += " --data /srv/" + long
	d := vocabulary.Document{KB: "default", Source: long, Path: long + ".md", Title: long, Audience: vocabulary.Public}
	d.ID = vocabulary.DocumentID(d.KB, d.Source, d.Path)
	s.store.Put(vocabulary.DocumentInfo{Document: d, Status: vocabulary.Failed, Reason: "Cannot read " + long}, "# "+long)
}

func neverSideways(_ *service, p *tab) {
	fits := func(name string) {
		p.t.Helper()
		p.shot(name)
		require.LessOrEqual(p.t, js[int](p, `document.documentElement.scrollWidth`), js[int](p, `innerWidth`), name)
	}
	p.sees("#welcome", "")
	fits("long demo")
	for field, value := range map[string]string{"tone": "empathetic", "format": "bullets", "length": "medium"} {
		p.choose(`#style-menu [data-style="`+field+`"]`, value)
	}
	p.ask("What does " + long + " mean?")
	fits("long answer")
	js[chromedp.Void](p, `document.querySelector(".cite").scrollIntoView()`)
	p.dark(true)
	fits("long answer dark")
	p.dark(false)
	ask := `document.querySelector("#ask").getBoundingClientRect()`
	require.True(p.t, js[bool](p, `Math.abs(`+ask+`.bottom - document.querySelector("#style-menu").getBoundingClientRect().bottom) < 12`), "Ask stands beside the choices")
	p.sees(".chip", "Demo")
	p.menu()
	p.sees(".conversation-title", "Donau")
	fits("long conversation")
	if p.width < 960 {
		p.click("#close-rail")
	}
	p.click(".cite")
	p.sees("#side mark", "")
	fits("long source")
	p.visit("/documents")
	p.sees("#rows", long)
	fits("long documents")
	for _, path := range []string{"/login", "/" + long} {
		p.visit(path)
		p.sees("main", "")
		fits("long page " + path[1:4])
	}
}

func markupIsText(_ *service, p *tab) {
	const evil = `What does <script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"> do?`
	p.ask(evil)
	p.sees(".question", evil)
	p.sees(".answer-text", `Type <script>window.hacked = 1</script> or <img src=x onerror="window.hacked = 1"> and see it as text.`)
	p.click(".cite")
	p.sees("#side h3", "<b>Bold</b> title")
	p.sees("#side .passage-path", "notes/<i>odd</i>.md")
	p.sees("#side mark", `<img src=x onerror="window.hacked = 1">`)
	p.press(kb.Escape)
	p.menu()
	p.sees(".conversation-title", "What does <script>")
	require.False(p.t, js[bool](p, `"hacked" in window || document.querySelectorAll(".work script, .side script, .work img, .side b, .side i:not(.strength-bars i)").length > 0`))
}
