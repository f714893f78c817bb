// Package access says who is asking and what they may do: API keys, sessions of
// people at a browser, and the defences that cookies and loopback addresses need.
package access

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// Keys looks up API keys.
type Keys interface {
	// KeyBySecret returns the key whose secret this is. An unknown secret is a
	// kb.Unauthorized error. Comparison takes the same time for all secrets.
	KeyBySecret(ctx context.Context, secret string) (kb.Key, error)
	// KeysInUse reports whether there is any key.
	KeysInUse(ctx context.Context) (bool, error)
}

// Sessions keep people signed in.
type Sessions interface {
	// CreateSession returns the token of a new session of the key, good until
	// expires. An unknown key is a kb.Unauthorized error.
	CreateSession(ctx context.Context, key string, expires time.Time) (token string, err error)
	// SessionKey returns the key of a session that is good at now, and lets the
	// session last until extend if that is later by more than a minute. An
	// unknown or ended one, and one whose key is gone, is a kb.Unauthorized error.
	SessionKey(ctx context.Context, token string, now, extend time.Time) (kb.Key, error)
	// DeleteSession ends a session. An unknown token is not an error.
	DeleteSession(ctx context.Context, token string) error
}

// Options of a Guard. Keys and Sessions are required.
type Options struct {
	Keys     Keys
	Sessions Sessions
	// NoAuth asks nobody for a key, whether there are keys or not.
	NoAuth bool
	// Loopback asks for no key as long as there is none, and then takes requests
	// only for a loopback name, so that no foreign web page can rebind its own
	// name to this service.
	Loopback bool
	Now      func() time.Time // time.Now if nil
}

// SessionTime is how long a session lasts after its last request.
const SessionTime = 12 * time.Hour

// Cookie holds a session's token.
const Cookie = "askdesk_session"

// CustomHeader must be on a writing request that a session's cookie vouches for:
// a form of another site cannot set it.
const CustomHeader = "X-Requested-With"

// Identity is who is asking.
type Identity struct {
	Key     kb.Key
	Open    bool // no keys are in use: Key is that of an admin without an id
	Session bool // vouched for by a cookie
}

// Owner is whose conversations, answers and feedback the identity sees.
func (i Identity) Owner() string { return i.Key.ID }

type contextKey struct{}

// With puts an identity into a context.
func With(ctx context.Context, i Identity) context.Context {
	return context.WithValue(ctx, contextKey{}, i)
}

// From is the identity in a context; where there is none, one that may nothing.
func From(ctx context.Context) Identity {
	i, _ := ctx.Value(contextKey{}).(Identity)
	return i
}

// Guard finds out who is asking.
type Guard struct {
	opt    Options
	origin *http.CrossOriginProtection
}

// New makes a Guard.
func New(opt Options) *Guard {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return &Guard{opt: opt, origin: http.NewCrossOriginProtection()}
}

// KeyNeeded reports whether requests need a key.
func (g *Guard) KeyNeeded(ctx context.Context) (bool, error) {
	if g.opt.NoAuth {
		return false, nil
	}
	if !g.opt.Loopback {
		return true, nil
	}
	return g.opt.Keys.KeysInUse(ctx)
}

// Identify returns who sent the request, or a kb.Unauthorized error.
func (g *Guard) Identify(r *http.Request) (Identity, error) {
	needed, err := g.KeyNeeded(r.Context())
	if err != nil {
		return Identity{}, err
	}
	if !needed {
		return Identity{Key: kb.Key{Audience: kb.Agent, Role: kb.RoleAdmin}, Open: true}, nil
	}
	if secret := Secret(r); secret != "" {
		key, err := g.opt.Keys.KeyBySecret(r.Context(), secret)
		return Identity{Key: key}, err
	}
	if c, err := r.Cookie(Cookie); err == nil {
		now := g.opt.Now()
		key, err := g.opt.Sessions.SessionKey(r.Context(), c.Value, now, now.Add(SessionTime))
		return Identity{Key: key, Session: true}, err
	}
	return Identity{}, kb.Errorf(kb.Unauthorized, "This needs a key: send it as Authorization: Bearer KEY, or sign in on /login. An administrator makes one with: askdesk keys create")
}

// Secret is the API key that a request carries, "" if none.
func Secret(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return r.Header.Get("X-Api-Key")
}

// CheckOrigin refuses a writing request that a page of another origin made a
// browser send.
func (g *Guard) CheckOrigin(r *http.Request) error {
	if err := g.origin.Check(r); err != nil {
		return kb.Wrap(kb.Forbidden, err, "This request came from a page of another site, so it was refused. Open Askdesk itself and try again.")
	}
	return nil
}

// CheckHeader refuses a writing API request of a session without CustomHeader.
func (i Identity) CheckHeader(r *http.Request) error {
	if !i.Session || safe(r.Method) || r.Header.Get(CustomHeader) != "" {
		return nil
	}
	return kb.Errorf(kb.Forbidden, "A signed-in browser must send the header %s: askdesk with a change. Programs send a key instead.", CustomHeader)
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// CheckHost refuses a request for a foreign host name where nothing but the
// loopback address protects the service.
func (g *Guard) CheckHost(r *http.Request) error {
	if !g.opt.Loopback || g.opt.NoAuth {
		return nil
	}
	if loopback(r.Host) {
		return nil
	}
	needed, err := g.KeyNeeded(r.Context())
	if err != nil || needed {
		return err
	}
	return kb.Errorf(kb.Forbidden, "Without keys Askdesk answers only to localhost and loopback addresses. Make a key with askdesk keys create to use another name.")
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	host = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(host, "."), "["), "]")
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}

// SignIn checks a secret and returns the cookie of a new session.
func (g *Guard) SignIn(r *http.Request, secret string) (*http.Cookie, error) {
	key, err := g.opt.Keys.KeyBySecret(r.Context(), strings.TrimSpace(secret))
	if err != nil {
		return nil, err
	}
	token, err := g.opt.Sessions.CreateSession(r.Context(), key.ID, g.opt.Now().Add(SessionTime))
	if err != nil {
		return nil, err
	}
	return cookie(r, token), nil
}

// SignOut ends the request's session and returns the cookie that forgets it.
func (g *Guard) SignOut(r *http.Request) (*http.Cookie, error) {
	gone := cookie(r, "")
	gone.MaxAge = -1
	c, err := r.Cookie(Cookie)
	if errors.Is(err, http.ErrNoCookie) {
		return gone, nil
	}
	return gone, g.opt.Sessions.DeleteSession(r.Context(), c.Value)
}

// cookie ends with the browser; how long the session itself lasts is the store's
// to say. Lax lets a link in a ticket open the page signed in; writes are
// guarded by CheckOrigin and CheckHeader.
func cookie(r *http.Request, token string) *http.Cookie {
	return &http.Cookie{
		Name: Cookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"),
	}
}

// Next is where to go after signing in: a path of this service, "/" if next is
// anything else.
func Next(next string) string {
	ok := strings.HasPrefix(next, "/") && !strings.HasPrefix(next, "//") && !strings.HasPrefix(next, "/login") &&
		!strings.Contains(next, `\`) && !slices.ContainsFunc([]rune(next), func(r rune) bool { return r < ' ' || r == 0x7f })
	if !ok {
		return "/"
	}
	return next
}
