package web

// Routes are the method and path of every registered route, in the form of the rules.
func (s *Server) Routes() []string {
	var list []string
	for _, r := range s.echo.Routes() {
		list = append(list, r.Method+" "+pattern(r.Path))
	}
	return list
}
