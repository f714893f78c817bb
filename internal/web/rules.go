package web

import (
	"fmt"
	"net/url"
	"regexp"

	"github.com/askdesk/askdesk/kb"
)

// rule is who may use a route.
type rule struct {
	role  kb.Role // at least; anybody asks for no key
	page  bool    // for a browser: without a key it is sent to sign in
	quiet bool    // of no interest in the log
}

const anybody kb.Role = ""

// rules has one line for each route there is. New refuses to run without it.
var rules = map[string]rule{
	"POST /v1/answers":               {role: kb.RoleAgent},
	"GET /v1/answers/{id}":           {role: kb.RoleAgent},
	"POST /v1/answers/{id}/feedback": {role: kb.RoleAgent},
	"POST /v1/search":                {role: kb.RoleAgent},

	"GET /v1/documents":         {role: kb.RoleAgent},
	"POST /v1/documents":        {role: kb.RoleAdmin},
	"GET /v1/documents/{id}":    {role: kb.RoleAgent},
	"DELETE /v1/documents/{id}": {role: kb.RoleAdmin},

	"GET /v1/knowledge-bases":           {role: kb.RoleAgent},
	"POST /v1/knowledge-bases":          {role: kb.RoleAdmin},
	"DELETE /v1/knowledge-bases/{name}": {role: kb.RoleAdmin},

	"GET /v1/conversations":         {role: kb.RoleAgent},
	"DELETE /v1/conversations":      {role: kb.RoleAgent},
	"GET /v1/conversations/{id}":    {role: kb.RoleAgent},
	"DELETE /v1/conversations/{id}": {role: kb.RoleAgent},

	"GET /v1/models":     {role: kb.RoleAgent},
	"GET /v1/styles":     {role: kb.RoleAgent},
	"GET /v1/session":    {role: kb.RoleAgent},
	"POST /v1/session":   {role: anybody},
	"DELETE /v1/session": {role: anybody},

	"GET /healthz":      {role: anybody, quiet: true},
	"GET /readyz":       {role: anybody, quiet: true},
	"GET /metrics":      {role: kb.RoleAgent, quiet: true},
	"GET /openapi.json": {role: anybody},

	"GET /":                 {role: kb.RoleAgent, page: true},
	"GET /documents":        {role: kb.RoleAgent, page: true}, // which tells who is no admin so
	"GET /login":            {role: anybody, page: true},
	"POST /login":           {role: anybody},
	"POST /logout":          {role: anybody},
	"GET /assets/{hash}/*":  {role: anybody, quiet: true},
	"HEAD /assets/{hash}/*": {role: anybody, quiet: true},
}

var param = regexp.MustCompile(`:(\w+)`)

// pattern is echo's form of a path in the form of the rules.
func pattern(path string) string { return param.ReplaceAllString(path, "{$1}") }

func (s *Server) checkRules() error {
	for _, r := range s.echo.Routes() {
		if _, ok := rules[r.Method+" "+pattern(r.Path)]; !ok {
			return fmt.Errorf("the route %s %s has no rule that says who may use it", r.Method, r.Path)
		}
	}
	return nil
}

func loginPage(next string) string { return "/login?next=" + url.QueryEscape(next) }
