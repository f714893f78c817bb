// Package pages is what people see in a browser: the chat page, the documents
// page and the sign-in page, with their style and script, all embedded. The
// pages hold no data of their own; they talk to the HTTP API of the same origin.
package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/askdesk/askdesk/kb"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Policy is the Content-Security-Policy of every page: nothing but our own
// files, and no string ever becomes markup or script.
const Policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// Options say what the pages show. The zero value is a service without keys
// that offers no example questions.
type Options struct {
	Version  string
	Demo     bool      // say that this is the demo
	Examples []Example // questions to click while nothing has been asked
	Commands []Command // how to use one's own documents, in order
	Connect  []Command // how to connect a model
	// Viewer says who asks for a page; nil is a service without keys.
	Viewer func(echo.Context) Viewer
}

// Example is a question to click.
type Example struct {
	Label string // what is shown
	Kind  string // what it demonstrates, such as "Follow-up" or "Not in the documents"
	Text  string // what is asked
	After string // asked first where Text is a follow-up
}

// Command is a line to type, with what it does.
type Command struct {
	Label string
	Line  string
}

// Viewer is who looks at a page.
type Viewer struct {
	Keys     bool // the service uses keys; without them everybody is an admin
	SignedIn bool
	Name     string
	Role     kb.Role
}

// Admin reports whether the viewer may change documents.
func (v Viewer) Admin() bool { return !v.Keys || v.SignedIn && v.Role.Includes(kb.RoleAdmin) }

// Register adds the pages and their assets to e, and shows errors of e to people
// as pages; programs get them from the handler that e had before. The API has to
// offer the rest: /v1/..., POST of /login and /logout, and who may see which page.
func Register(e *echo.Echo, opt Options) error {
	if opt.Viewer == nil {
		opt.Viewer = func(echo.Context) Viewer { return Viewer{} }
	}
	assets, err := loadAssets()
	if err != nil {
		return fmt.Errorf("load the page's assets: %w", err)
	}
	templates, err := template.New("").ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return fmt.Errorf("parse the page's templates: %w", err)
	}
	p := &pages{opt: opt, templates: templates, assets: assets}
	e.GET("/", p.show("chat", "Ask"))
	e.GET("/documents", p.show("documents", "Documents"))
	e.GET("/login", p.show("login", "Sign in"))
	e.GET("/assets/:hash/*", assets.serve)
	e.HEAD("/assets/:hash/*", assets.serve)
	e.HTTPErrorHandler = p.explain(e.HTTPErrorHandler)
	return nil
}

type pages struct {
	opt       Options
	templates *template.Template
	assets    *assets
}

// view is what a template gets.
type view struct {
	Options
	Page   string
	Title  string
	Assets string // path prefix of the assets
	Viewer Viewer
	Next   string // where to go after signing in
	Failed bool   // the key was not known
}

func (p *pages) show(page, title string) echo.HandlerFunc {
	return func(c echo.Context) error { return p.render(c, http.StatusOK, page, p.view(c, page, title)) }
}

func (p *pages) view(c echo.Context, page, title string) view {
	return view{
		Options: p.opt, Page: page, Title: title, Assets: p.assets.prefix, Viewer: p.opt.Viewer(c),
		Next: c.QueryParam("next"), Failed: c.QueryParam("failed") != "",
	}
}

func (p *pages) render(c echo.Context, status int, page string, data any) error {
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, page+".html", data); err != nil {
		return fmt.Errorf("render %s: %w", page, err)
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	return c.HTMLBlob(status, b.Bytes())
}
