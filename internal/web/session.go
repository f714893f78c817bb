package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/rest"
	"github.com/askdesk/askdesk/kb"
)

func (s *Server) sessionRoutes() {
	rest.Handle(s.rest, rest.Op{Route: "GET /v1/session", ID: "session", Summary: "Who is asking", Tag: "session"}, s.session)
	rest.Handle(s.rest, rest.Op{Route: "POST /v1/session", ID: "sign-in", Summary: "Sign in with a key and get a session cookie", Tag: "session"}, s.signIn)
	rest.Handle(s.rest, rest.Op{Route: "DELETE /v1/session", ID: "sign-out", Summary: "End the session", Tag: "session"}, s.signOut)
	s.echo.POST("/login", s.login)
	s.echo.POST("/logout", s.logout)
}

// login takes the form of the sign-in page where its script does not run.
func (s *Server) login(c echo.Context) error {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, 64<<10)
	next := access.Next(c.FormValue("next"))
	cookie, err := s.guard.SignIn(r, c.FormValue("key"))
	if kb.CodeOf(err) == kb.Unauthorized {
		return c.Redirect(http.StatusSeeOther, loginPage(next)+"&failed=1")
	}
	if err != nil {
		return err
	}
	c.SetCookie(cookie)
	return c.Redirect(http.StatusSeeOther, next)
}

func (s *Server) logout(c echo.Context) error {
	cookie, err := s.guard.SignOut(c.Request())
	if err != nil {
		return err
	}
	c.SetCookie(cookie)
	return c.Redirect(http.StatusSeeOther, "/login")
}

type sessionOutput struct{ Body api.Session }

func (s *Server) session(ctx context.Context, _ *struct{}) (*sessionOutput, error) {
	id := access.From(ctx)
	return &sessionOutput{api.Session{
		Name: id.Key.Name, Role: string(id.Key.Role), Audience: string(id.Key.Audience),
		KB: append([]string{}, id.Key.KBs...), KeysInUse: !id.Open,
	}}, nil
}

type signInInput struct {
	rest.Requested
	Body api.SignIn
}

type cookieOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (s *Server) signIn(_ context.Context, in *signInInput) (*cookieOutput, error) {
	cookie, err := s.guard.SignIn(in.Request(), in.Body.Key)
	if err != nil {
		return nil, err
	}
	return &cookieOutput{*cookie}, nil
}

func (s *Server) signOut(_ context.Context, in *rest.Requested) (*cookieOutput, error) {
	cookie, err := s.guard.SignOut(in.Request())
	if err != nil {
		return nil, err
	}
	return &cookieOutput{*cookie}, nil
}
