package pages_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a page may take for one step on a busy machine.
const patience = 10 * time.Second

// The widths at which every story is told.
const (
	desk  = 1280
	phone = 390
)

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
		// A page that nobody goes back to need not be kept, nor its process.
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,BackForwardCache"),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", false))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx), "start the browser")
	return ctx
}

// tab is a page of the browser at one width, in one test.
type tab struct {
	t      *testing.T
	ctx    context.Context
	url    string
	width  int
	faults *faults
}

// faults are what a page must never do: throw, or break its policy.
type faults struct {
	mu   sync.Mutex
	list []string
}

// newTab opens a tab that keeps nothing of another one.
func newTab(t *testing.T, browser context.Context, width int) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx, width: width, faults: &faults{}}
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(int64(width), 844)))
	_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	require.NoError(t, chromedp.Listen(ctx, p.faults.hear))
	p.allowClipboard()
	p.dark(false)
	return p
}

// at serves a help centre and is the tab in another test, on the first page of
// it, signed in to nothing and with nothing stored.
func (p *tab) at(t *testing.T, x *site, prepare func(*service)) (*service, *tab) {
	t.Helper()
	here := &tab{t: t, ctx: p.ctx, url: x.url, width: p.width, faults: p.faults}
	t.Cleanup(func() { require.Empty(t, p.faults.take()) })
	here.visit(blank) // the page of the test before ends
	js[chromedp.Void](here, `localStorage.clear(); sessionStorage.clear()`)
	_, err := chromedp.Call(p.ctx, network.ClearBrowserCookies, cdp.Empty{})
	require.NoError(t, err)
	s := x.start(t, prepare)
	here.visit("/")
	return s, here
}

func (f *faults) hear(ev any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		fault := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			fault += " " + e.ExceptionDetails.Exception.Description
		}
		f.list = append(f.list, fault)
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity || strings.Contains(e.Entry.Text, "Content Security Policy") {
			f.list = append(f.list, e.Entry.Text)
		}
	}
}

func (f *faults) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.list
	f.list = nil
	return list
}

func (p *tab) allowClipboard() {
	p.t.Helper()
	for _, kind := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(p.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: kind}, Setting: browser.PermissionSettingGranted,
			BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
		})
		require.NoError(p.t, err)
	}
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

// click clicks as a mouse does, once the element can be hit where it is.
func (p *tab) click(selector string) {
	p.t.Helper()
	target := fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		if (!e?.checkVisibility({visibilityProperty: true}) || e.disabled) return [];
		e.scrollIntoView({block: "nearest"});
		const r = e.getClientRects()[0], x = r.x + r.width / 2, y = r.y + r.height / 2;
		return e.contains(document.elementFromPoint(x, y)) ? [x, y] : [];
	})()`, selector)
	p.until(target + ".length")
	at := js[[]float64](p, target)
	p.do(chromedp.MouseClickXY(at[0], at[1]))
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

// dark chooses the colours of the system; nothing moves, so that a click hits what it aims at.
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
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, p.width)), png, 0o644))
}
