package pages_test

import (
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

func chooseBase(s *service, p *tab) {
	p.choose("#kb", "handbook")
	p.ask(question)
	require.Equal(p.t, []string{"handbook"}, s.script.asked()[0].KBs)
	p.visit("/")
	p.until(`document.querySelector("#kb").value === "handbook"`)
}

// askOn opens conversations where no knowledge base was ever chosen.
func askOn(s *service, p *tab) {
	begin := func(bases string) string {
		return js[string](p, `fetch("/v1/answers", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({question: "`+question+`", kb: `+bases+`, stream: true})})
			.then((r) => r.text()).then((events) => /"conversation":"([^"]+)"/.exec(events)[1])`)
	}
	last := func() []string { a := s.script.asked(); return a[len(a)-1].KBs }
	one, both := begin(`"handbook"`), begin(`["handbook", "default"]`)
	p.visit("/?c=" + one)
	p.sees(".answer-text", "30 minutes")
	require.Equal(p.t, "handbook", js[string](p, `document.querySelector("#kb").value`))
	p.ask("And how long is the link good?")
	require.Equal(p.t, []string{"handbook"}, last())
	p.press("j", chromedp.ModifierCtrl)
	p.until(`document.querySelector("#kb").value === "default"`)

	p.click(`.conversation[data-id="` + both + `"] .conversation-open`)
	p.sees(".answer-text", "30 minutes")
	p.until(`document.querySelector("#kb").selectedOptions[0].textContent === "handbook, default"`)
	p.ask("And how long is the link good?")
	require.Equal(p.t, []string{"handbook", "default"}, last())
	p.choose("#kb", "default")
	p.ask("And on a phone?")
	require.Equal(p.t, []string{"default"}, last())
}
