package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// guard keeps a server without authentication to the machine it runs on. That
// it listens on a loopback address is not enough: the browser of the person
// who sits here can be sent to it by any page, under any name that DNS points
// at 127.0.0.1.
type guard struct {
	origins []string // further origins whose pages may read and write
}

func newGuard(origins []string) guard {
	var g guard
	for _, o := range origins {
		g.origins = append(g.origins, strings.ToLower(strings.TrimSuffix(o, "/")))
	}
	return g
}

// check returns why a request is refused, or nil.
func (g guard) check(r *http.Request) *apiError {
	if !loopbackHost(r.Host) {
		return &apiError{
			status: http.StatusMisdirectedRequest, code: codeForbidden,
			message: fmt.Sprintf("host %q is not a name of this machine: use http://localhost or http://127.0.0.1", clip(r.Host)),
		}
	}
	origins := r.Header.Values("Origin")
	for _, o := range origins {
		if !g.allows(o) {
			return &apiError{
				status: http.StatusForbidden, code: codeForbidden,
				message: fmt.Sprintf("pages of origin %q may not read from here: add it to cors.origins if they should", clip(o)),
			}
		}
	}
	// A page can ask without an origin, as for an image. It could not read the
	// answer, but make us work. Following a link to here is fine.
	if len(origins) == 0 && r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
		return &apiError{
			status: http.StatusForbidden, code: codeForbidden,
			message: "pages of other sites may not load from here: open the address itself, or add the site to cors.origins and fetch with CORS",
		}
	}
	return nil
}

// share lets the page that asked, whose origin check has let pass, read the
// answer: without it an EventSource on http://localhost:5173 could not.
func (g guard) share(h http.Header, r *http.Request) {
	h.Set("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
	}
}

// preflight answers a browser that asks whether a page may write, if the
// page's origin was named.
func (g guard) preflight(h http.Header, r *http.Request, allow string) bool {
	if r.Header.Get("Origin") == "" || !g.mayWrite(r) {
		return false
	}
	h.Set("Access-Control-Allow-Methods", allow)
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	return true
}

func (g guard) allows(origin string) bool {
	if slices.Contains(g.origins, strings.ToLower(origin)) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	return origin == u.Scheme+"://"+u.Host && loopbackHost(u.Host)
}

// loopbackHost reports whether a Host header or the host of an origin, with or
// without port, names this machine and nothing else can be meant by it.
func loopbackHost(hostport string) bool {
	if rest, ok := strings.CutPrefix(hostport, "["); ok {
		host, port, ok := strings.Cut(rest, "]")
		addr, err := netip.ParseAddr(host)
		return ok && optionalPort(port) && err == nil && addr.Is6() && addr.Zone() == "" && addr.Unmap().IsLoopback()
	}
	host, port := hostport, ""
	if i := strings.IndexByte(hostport, ':'); i >= 0 {
		host, port = hostport[:i], hostport[i:]
	}
	if !optionalPort(port) {
		return false
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if label, ok := strings.CutSuffix(host, ".localhost"); ok {
		return hostname(label)
	}
	return host == "localhost"
}

// optionalPort reports whether s is empty or a colon and a port.
func optionalPort(s string) bool {
	if s == "" {
		return true
	}
	_, err := strconv.ParseUint(s[1:], 10, 16)
	return s[0] == ':' && err == nil
}

// hostname reports whether s consists of labels as DNS has them.
func hostname(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// checkListener refuses to serve without authentication where others than
// this machine can connect.
func checkListener(addr net.Addr) error {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || tcp.IP.IsLoopback() {
		return nil
	}
	return fmt.Errorf("serve on %s: without authentication only a loopback address is allowed, for example 127.0.0.1:8787", addr)
}
