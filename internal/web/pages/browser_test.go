package pages_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a page may take for one step on a busy machine.
const patience = 10 * time.Second

// newBrowser starts one Chromium for all stories of a test, or skips.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("browser stories are left out with -short")
	}
	path := ""
	for _, name := range []string{os.Getenv("ASKDESK_BROWSER"), "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no browser found: install Chromium, or name one in ASKDESK_BROWSER, to run the stories of the pages")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", false))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx), "start the browser")
	for _, kind := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: kind}, Setting: browser.PermissionSettingGranted,
		})
		require.NoError(t, err)
	}
	return ctx
}

// tab is a page in a browser of its own: no story sees the cookies of another.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string
}

func open(t *testing.T, parent context.Context, width int, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	height := 800
	if width < 500 {
		height = 844
	}
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(int64(width), int64(height))))
	p := &tab{t: t, ctx: ctx, url: url}
	p.visit("/")
	return p
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, steps...))
}

func (p *tab) visit(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.url + path))
}

// js is the value of a script.
func js[T any](p *tab, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, script)
	return v
}

// until waits for a condition, also across a navigation.
func (p *tab) until(condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		if err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			p.shot("failed")
			require.Fail(p.t, "the page never got there", "%s\nThe page says: %s", condition, js[string](p, "document.body.innerText"))
		case <-tick.C:
		}
	}
}

// sees waits until an element is there, to be seen, and holds the text.
func (p *tab) sees(selector, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.checkVisibility({visibilityProperty: true}) && e.textContent.includes(%q))`, selector, text))
}

func (p *tab) gone(selector string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`![...document.querySelectorAll(%q)].some((e) => e.checkVisibility({visibilityProperty: true}))`, selector))
}

func (p *tab) text(selector string) string {
	p.t.Helper()
	return js[string](p, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

// click clicks as a mouse does: where the element is, on whatever lies on top.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.sees(selector, "")
	p.until(fmt.Sprintf(`!document.querySelector(%q).disabled`, selector))
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

func (p *tab) focused(selector string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.activeElement?.matches(%q)`, selector))
}

// write puts text where the focus is, as pasting does.
func (p *tab) write(selector, text string) {
	p.t.Helper()
	p.sees(selector, "")
	js[chromedp.Void](p, fmt.Sprintf(`document.querySelector(%q).focus()`, selector))
	_, err := chromedp.Call(p.ctx, input.InsertText, input.InsertTextParams{Text: text})
	require.NoError(p.t, err)
}

func (p *tab) press(key string, with ...chromedp.Modifier) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(with...)))
}

func (p *tab) choose(selector, value string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`[...(document.querySelector(%q)?.options ?? [])].some((o) => o.value === %q)`, selector, value))
	js[chromedp.Void](p, fmt.Sprintf(`{ const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})); }`, selector, value))
}

func (p *tab) dark(on bool) {
	p.t.Helper()
	value := map[bool]string{true: "dark", false: "light"}[on]
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	require.NoError(p.t, err)
}

// shot keeps a picture of the page in the folder that ASKDESK_SHOTS names.
func (p *tab) shot(name string) {
	p.t.Helper()
	dir := os.Getenv("ASKDESK_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}
