package pages_test

import (
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

func readWideTable(_ *service, p *tab) {
	p.ask(question)
	p.click(`.cite[data-n="2"]`)
	p.sees("#side table", "Locked for an hour")
	js[chromedp.Void](p, `for (const row of document.querySelectorAll("#side tr")) {
		for (const text of ["Authentication", "Authorization_failed", "Administrators only", "After an hour, by itself or by hand"]) {
			row.append(Object.assign(document.createElement("td"), { textContent: text }));
		}
	}`)
	p.shot("table")
	p.dark(true)
	p.shot("table dark")
	p.dark(false)
	broken := js[[]string](p, `[...document.querySelectorAll("#side td")].flatMap((cell) => [...cell.textContent.matchAll(/\S+/g)].filter((word) => {
		const range = document.createRange();
		range.setStart(cell.firstChild, word.index);
		range.setEnd(cell.firstChild, word.index + word[0].length);
		return range.getClientRects().length > 1;
	}).map((word) => word[0]))`)
	require.Empty(p.t, broken, "words on two lines")
	require.True(p.t, js[bool](p, `(() => { const t = document.querySelector("#side table"); return t.scrollWidth > t.clientWidth })()`), "it scrolls in its box")
	require.LessOrEqual(p.t, js[int](p, `document.querySelector("#side-body").scrollWidth`), js[int](p, `document.querySelector("#side-body").clientWidth`))
	require.LessOrEqual(p.t, js[int](p, `document.documentElement.scrollWidth`), js[int](p, `innerWidth`))
}

// hintsStayInside looks at widths at which the columns are narrow: a key that has
// no room beside its button's words is not shown.
func hintsStayInside(_ *service, p *tab) {
	size := func(width int) { p.do(chromedp.EmulateViewport(int64(width), 844)) }
	defer size(p.width)
	inside := `(() => {
		const box = document.querySelector("#new-ticket").getBoundingClientRect(), words = document.querySelector("#new-ticket span").getBoundingClientRect(), key = document.querySelector("#new-ticket kbd").getBoundingClientRect();
		return words.top >= box.top && words.bottom <= box.bottom && words.right <= box.right && (key.top >= box.bottom || key.right <= box.right);
	})()`
	p.sees("#welcome", "")
	for _, width := range []int{961, 1200, 1201, 1300} {
		size(width)
		p.until(inside)
	}
	p.until(`document.querySelector("#new-ticket kbd").getBoundingClientRect().bottom <= document.querySelector("#new-ticket").getBoundingClientRect().bottom`)
}
