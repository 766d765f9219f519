package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// demoServer is the demo's own serve, in this process.
type demoServer struct {
	url    string
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended
	err    error         // how; read it after done
}

// startDemoServer serves the database at path and returns when it is known
// where.
func startDemoServer(ctx context.Context, env *environment, path, listen string) (*demoServer, error) {
	// Not ended by ctx, but by stop: readers go before their server does.
	serveCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	said := newAddressListener()
	s := &demoServer{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		s.err = runServe(serveCtx, demoEnvironment(env, path, said), serveOptions{db: path, config: configFlags{set: []setting{{"listen", listen, "--listen"}}}})
	}()
	select {
	case s.url = <-said.url:
		return s, nil
	case <-s.done:
		cancel()
		if s.err == nil {
			s.err = errors.New("it ended at once")
		}
		return nil, fmt.Errorf("serve the demo: %w", s.err)
	case <-ctx.Done():
		_ = s.stop()
		return nil, ctx.Err()
	}
}

// stop ends the server and waits for it.
func (s *demoServer) stop() error {
	s.cancel()
	<-s.done
	if s.err != nil && !errors.Is(s.err, context.Canceled) {
		return fmt.Errorf("serve the demo: %w", s.err)
	}
	return nil
}

// demoEnvironment is env for a server that must leave nothing behind and
// heed no settings of the user's: what it would remember goes into the
// demo's directory, and what it says is listened to.
func demoEnvironment(env *environment, path string, stderr *addressListener) *environment {
	dir := filepath.Dir(path)
	inner := *env
	inner.Home = dir
	inner.Stderr = stderr
	inner.Stdout = stderr
	inner.Getenv = func(name string) string {
		switch {
		case strings.HasPrefix(name, "XDG_"):
			return filepath.Join(dir, strings.ToLower(name))
		case strings.HasPrefix(name, "CLAUDE_"), strings.HasPrefix(name, "CSLACK_"):
			return ""
		}
		return env.Getenv(name)
	}
	return &inner
}

// forgetful is env for the view, which keeps to the user's settings, but
// leaves what it would remember in the demo's directory.
func forgetful(env *environment, path string) *environment {
	inner := *env
	inner.Getenv = func(name string) string {
		if name == "XDG_STATE_HOME" {
			return filepath.Join(filepath.Dir(path), "state")
		}
		return env.Getenv(name)
	}
	return &inner
}

// onScreen tells whether the demo is shown on the whole terminal; there its
// address is a part of the view.
func (o *demoOptions) onScreen(env *environment) bool {
	return env.hasScreen() && o.output == "" && o.count == 0 && !o.plain
}

// viewDemo shows the stream as watch does, until it ends.
func viewDemo(ctx context.Context, env *environment, opts demoOptions, url string) error {
	args := []string{"--server", url, "--quiet", "--everything"}
	if opts.agent != "" {
		args[len(args)-1] = "--agent=" + opts.agent
	}
	if opts.output != "" {
		args = append(args, "--output", opts.output)
	}
	if opts.count > 0 {
		args = append(args, "--last", "0", "--count", strconv.Itoa(opts.count))
	}
	if opts.plain {
		args = append(args, "--plain")
	}
	watch := newWatchCommand(env)
	watch.SilenceErrors, watch.SilenceUsage = true, true
	watch.SetFlagErrorFunc(flagError)
	watch.SetArgs(args)
	return watch.ExecuteContext(ctx)
}

// addressListener hears from what serve says where it listens.
type addressListener struct {
	url  chan string
	once sync.Once
	mu   sync.Mutex
	said []byte
}

var demoAddress = regexp.MustCompile(`http://[^\s/]+:[1-9][0-9]*`)

func newAddressListener() *addressListener {
	return &addressListener{url: make(chan string, 1)}
}

// Write takes what serve says. After the address nothing is kept.
func (l *addressListener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.said = append(l.said, p...); bytes.IndexByte(p, '\n') < 0 {
		return len(p), nil
	}
	if at := demoAddress.Find(l.said); at != nil {
		l.once.Do(func() { l.url <- string(at) })
		l.said = nil
	}
	return len(p), nil
}
