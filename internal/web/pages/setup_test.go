package pages_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web/pages"
	vocabulary "github.com/askdesk/askdesk/kb"
)

var settingUp = []story{
	{name: "try the demo's questions and copy its commands", phone: true, prepare: demo, tell: tryTheDemo},
	{name: "add the first documents to an empty service", phone: true, prepare: empty, tell: addTheFirst},
	{name: "tell an agent of an empty service whom to ask", prepare: emptyWithKeys, tell: askAnAdmin},
	{name: "look through the documents", phone: true, tell: lookThrough},
	{name: "see which documents are not valid now", phone: true, prepare: withOffers, tell: seeValidity},
	{name: "upload files, good and bad", tell: uploadFiles},
	{name: "delete a document", phone: true, tell: deleteDocument},
	{name: "sign in and out", phone: true, prepare: withKeys, tell: signInAndOut},
	{name: "keep agents out of the documents", prepare: withKeys, tell: agentsStayOut},
	{name: "choose the dark theme and keep it", tell: chooseTheme},
}

func demo(s *service) {
	s.pages.Demo = true
	s.pages.Examples = []pages.Example{
		{Label: "Reset a password", Kind: "Simple question", Text: question},
		{Label: "How long is the link good?", Kind: "Follow-up", Text: "How long is it good?", After: question},
		{Label: "Pay with bitcoin", Kind: "Not in the documents", Text: "Can I pay with bitcoin?"},
		{Label: "A locked account", Kind: "Pasted mail", Text: "Hello,\n\nI am locked out since this morning.\n\nAda"},
		{Label: "Rechnung", Kind: "In German", Text: "Wo finde ich meine Rechnung?"},
		{Label: "Error E_SYNC_409", Kind: "Error code", Text: "What does E_SYNC_409 mean?"},
	}
}

func tryTheDemo(s *service, p *tab) {
	p.sees("#welcome", "This is the demo.")
	require.Equal(p.t, 6, js[int](p, `document.querySelectorAll(".example").length`))
	p.shot("demo")
	p.sees("#welcome .command", "askdesk ingest ./docs")
	p.click("#welcome .command [data-copy]")
	require.Equal(p.t, "askdesk ingest ./docs", js[string](p, `navigator.clipboard.readText()`))
	p.click(".examples li:nth-child(2) .example")
	p.until(`document.querySelectorAll(".turn").length === 2 && !document.querySelector("[aria-busy]")`)
	asked := s.script.asked()
	require.Len(p.t, asked[1].History, 2, "the example follows up on its first question")
	require.Equal(p.t, "How long is it good?", asked[1].Text)
}

func empty(s *service) { s.empty = true }

func emptyWithKeys(s *service) {
	empty(s)
	withKeys(s)
}

func addTheFirst(s *service, p *tab) {
	p.sees("#first-run", "There is nothing to answer from yet.")
	p.sees("#first-run .command", "askdesk ingest ./docs")
	p.gone("#composer")
	p.shot("first-run")
	p.files("#first-run input[type=file]", map[string]string{"passwords.md": resetText})
	p.sees(".upload-item", "passwords.md")
	p.sees(".upload-item .badge", "Ready")
	p.click("#first-question")
	p.sees("#welcome", "What does the customer need")
	require.Equal(p.t, vocabulary.Agent, s.store.at(p.t, "passwords.md").Audience)
	p.ask(question)
}

func askAnAdmin(s *service, p *tab) {
	p.signIn(s.agent)
	p.sees("#first-run", "Ask an administrator to add documents")
	p.gone("[data-uploader]")
	p.gone("#composer")
}

// files chooses files, written with the contents given.
func (p *tab) files(selector string, contents map[string]string) {
	p.t.Helper()
	dir := p.t.TempDir()
	var paths []string
	for name, text := range contents {
		path := filepath.Join(dir, name)
		require.NoError(p.t, os.WriteFile(path, []byte(text), 0o600))
		paths = append(paths, path)
	}
	p.do(chromedp.SetUploadFiles(chromedp.CSS(selector), paths))
}

func lookThrough(s *service, p *tab) {
	p.visit("/documents")
	p.sees("#summary", "5 documents, 1 not read.")
	p.sees("#rows", "The file is protected by a password. Save it without one and add it again.")
	p.shot("documents")
	row := `#rows tr[data-id="` + s.store.at(p.t, "sign-in/passwords.md").ID + `"]`
	p.sees(row, "Also customers")
	p.click(row + " .document-title")
	p.sees("#viewer-text", "Reset a password")
	p.sees("#viewer-text li", "Click the link in the mail.")
	p.sees("#viewer-facts", "helpcentre: sign-in/passwords.md")
	p.shot("viewer")
	p.press(kb.Escape)
	p.gone("#viewer")
	p.focused(row + " .document-title")
	p.choose("#kb", "handbook")
	p.sees("#empty", "Nothing here yet.")
	p.gone(".table-wrap")
}

func withOffers(s *service) {
	now := time.Now()
	for path, d := range map[string]vocabulary.Document{
		"offers/spring.md": {Title: "Spring offer", ValidUntil: now.AddDate(0, 0, -40)},
		"offers/next.md":   {Title: "Next year's prices", ValidFrom: now.AddDate(0, 0, 40)},
		"offers/now.md":    {Title: "Autumn offer", ValidFrom: now.AddDate(0, 0, -1), ValidUntil: now.AddDate(0, 0, 1)},
	} {
		d.ID, d.KB, d.Source, d.Path, d.Audience = vocabulary.DocumentID("default", "helpcentre", path), "default", "helpcentre", path, vocabulary.Public
		s.store.Put(vocabulary.DocumentInfo{Document: d, Status: vocabulary.Ready, Chunks: 1}, "# Offer")
	}
}

func seeValidity(s *service, p *tab) {
	p.visit("/documents")
	p.sees("#summary", "8 documents, 1 not read, 1 expired, 1 not yet valid.")
	row := func(path string) string { return `#rows tr[data-id="` + s.store.at(p.t, path).ID + `"]` }
	p.sees(row("offers/spring.md")+" .badge", "Expired")
	p.sees(row("offers/spring.md"), "Answers nothing since")
	p.sees(row("offers/next.md")+" .badge", "Not yet valid")
	p.sees(row("offers/next.md"), "Answers nothing before")
	p.sees(row("offers/now.md")+" .badge", "Ready")
	require.Equal(p.t, "chunk", js[string](p, fmt.Sprintf(`document.querySelector(%q).dataset.unit`, row("offers/now.md")+" .num")))
	p.shot("validity")
	p.dark(true)
	p.shot("validity dark")
	p.dark(false)
}

func uploadFiles(s *service, p *tab) {
	p.visit("/documents")
	p.click(`[name="audience"][value="public"]`)
	p.files("[data-uploader] input[type=file]", map[string]string{
		"good.md": "# Good\n\nText.", "<b>bad.md": "BROKEN", "huge.md": string(make([]byte, 1<<20+1<<16)),
	})
	p.sees(".upload-status", "1 of 3 files ready.")
	p.sees(".upload-item", "The file is cut off in the middle.")
	p.sees(".upload-item", "This is too large.")
	p.sees("#rows", "<b>bad.md")
	p.sees("#rows", "good.md")
	p.shot("upload")
	require.Equal(p.t, 0, js[int](p, `document.querySelectorAll("main b").length`))
	require.Equal(p.t, vocabulary.Public, s.store.at(p.t, "good.md").Audience)
	require.Len(p.t, s.store.all(p.t, "default"), 7)
	drop := `(() => { const t = new DataTransfer(); t.items.add(new File(["# Dropped"], "dropped.md"));
		document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", {dataTransfer: t, bubbles: true, cancelable: true})); })()`
	js[chromedp.Void](p, drop)
	p.sees(".upload-status", "1 file ready.")
	p.sees("#rows", "dropped.md")
}

func deleteDocument(s *service, p *tab) {
	p.visit("/documents")
	bin := `#rows tr[data-id="` + s.store.at(p.t, "sign-in/passwords.md").ID + `"] .row-actions button`
	p.click(bin)
	p.sees("#confirm", `"Passwords" no longer answers questions.`)
	p.shot("delete")
	p.press(kb.Escape)
	p.gone("#confirm")
	p.focused(bin)
	hasty := `(async () => {
		const bin = document.querySelector(%q), dialog = document.querySelector("#confirm");
		bin.click(); dialog.close(); bin.click();
		await new Promise((then) => setTimeout(then, 50));
	})()`
	js[chromedp.Void](p, fmt.Sprintf(hasty, bin))
	p.click("#confirm-yes")
	p.gone(bin)
	p.sees("#summary", "4 documents, 1 not read.")
	p.focused("#list-title")
	require.Len(p.t, s.store.all(p.t, "default"), 4)
}

func signInAndOut(s *service, p *tab) {
	p.visit("/documents")
	p.sees("h1", "Sign in")
	p.shot("login")
	p.signIn("ak_wrong")
	p.sees(`[role="alert"]`, "This key is not known.")
	p.signIn(s.admin)
	p.sees("h1", "Documents")
	p.click("#sign-out")
	p.sees("h1", "Sign in")
	p.visit("/")
	p.sees("h1", "Sign in")
	p.visit("/login?next=//evil.example/")
	p.signIn(s.agent)
	p.sees("#welcome", "")
	require.Equal(p.t, p.url+"/", js[string](p, "location.href"))
}

func agentsStayOut(s *service, p *tab) {
	p.signIn(s.agent)
	p.sees("#welcome", "")
	p.gone(`.bar-links a[href="/documents"]`)
	p.visit("/documents")
	p.sees("main", "Documents are for administrators.")
	p.gone("[data-uploader]")
	p.shot("forbidden")
	p.visit("/nowhere")
	p.sees("main", "There is nothing at this address.")
	p.click("main a.button")
	p.sees("#welcome", "")
}

func chooseTheme(_ *service, p *tab) {
	background := `getComputedStyle(document.body).backgroundColor`
	light := js[string](p, background)
	p.click("#theme")
	dark := js[string](p, background)
	require.NotEqual(p.t, light, dark)
	p.do(chromedp.Reload())
	p.until(`document.querySelector("#theme").getAttribute("aria-label") === "Use the light theme"`)
	require.Equal(p.t, dark, js[string](p, background))
}

// look is a state of a page that has to be readable for everybody.
type look struct {
	name    string
	prepare func(*service)
	show    func(*tab)
}

var looks = []look{
	{"the empty page", nil, func(p *tab) { p.sees("#welcome", "") }},
	{"the demo", demo, func(p *tab) { p.sees(".example", "") }},
	{"the first run", empty, func(p *tab) { p.sees("#first-run", "") }},
	{"an answer with its source open", nil, func(p *tab) {
		p.ask(question)
		p.click(".connect summary")
		p.click(`[data-thumb="down"]`)
		p.click(".cite")
		p.sees("#side mark", "")
	}},
	{"sources beside an answer", nil, func(p *tab) {
		p.ask(question)
		p.click(`[data-action="sources"]`)
		p.sees(".source", "")
	}},
	{"an answer that is not in the documents", nil, func(p *tab) {
		p.ask("Can I pay with bitcoin?")
		p.menu()
	}},
	{"a failure", nil, func(p *tab) {
		p.network(false)
		p.kept("You are offline.")
	}},
	{"the documents", nil, func(p *tab) {
		p.visit("/documents")
		p.sees("#rows", "Passwords")
	}},
	{"what was read", nil, func(p *tab) {
		p.visit("/documents")
		p.click(".document-title[title]")
		p.sees("#viewer-text .prose", "")
	}},
	{"the sign-in page", withKeys, func(p *tab) {
		p.signIn("ak_wrong")
		p.sees(`[role="alert"]`, "")
	}},
}

// TestAccessible runs axe-core over every page, light and dark, at both widths.
func TestAccessible(t *testing.T) {
	path := os.Getenv("ASKDESK_AXE")
	if path == "" {
		t.Skip("axe-core is not part of the project: npm install axe-core, and name its axe.min.js in ASKDESK_AXE, to check the pages with it")
	}
	axe, err := os.ReadFile(path)
	require.NoError(t, err)
	x, browser := newSite(t), newBrowser(t)
	for _, width := range []int{desk, phone} {
		tab := newTab(t, browser, width)
		for _, l := range looks {
			t.Run(fmt.Sprintf("%s at %d pixels", l.name, width), func(t *testing.T) {
				_, p := tab.at(t, x, l.prepare)
				checkLook(t, p, l, string(axe))
			})
		}
	}
}

func checkLook(t *testing.T, p *tab, l look, axe string) {
	t.Helper()
	l.show(p)
	js[chromedp.Void](p, axe)
	for _, dark := range []bool{false, true} {
		p.dark(dark)
		found := js[json.RawMessage](p, `axe.run({resultTypes: ["violations"]}).then((r) => r.violations
			.filter((v) => v.impact === "serious" || v.impact === "critical")
			.map((v) => [v.id, v.help, ...v.nodes.map((n) => n.target.join(" ") + ": " + n.failureSummary)]))`)
		require.JSONEq(t, `[]`, string(found), "dark: %v", dark)
	}
	p.shot("dark " + l.name)
	p.dark(false)
	p.network(true)
}
