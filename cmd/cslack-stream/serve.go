package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/author"
	"cslack-stream/internal/server"

	"github.com/spf13/cobra"
)

// defaultListen is where serve listens if nothing else is said.
const defaultListen = "127.0.0.1:8787"

// serveOptions say what is served, where, and how.
type serveOptions struct {
	db, listen string
	noInstall  bool
	// memory adds nothing to the database and keeps no file; cache bounds what
	// is kept instead.
	memory bool
	cache  cacheOptions
	// noHooks leaves own writes to be noticed as those of others are.
	noHooks bool
	origins []string
	verbose bool
}

// newServeCommand makes the command that runs the engine and its HTTP
// endpoints.
func newServeCommand(env *environment) *cobra.Command {
	var opts serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the engine and its HTTP endpoints on the database",
		Long: `serve captures every committed change of the Claude-Slack database, keeps the
events in a file beside it, and streams them over HTTP to whom may see them.

It adds a change log and triggers to the database (see: cslack-stream capture);
with --no-install it writes nothing there and polls instead. With --memory it
adds nothing either, but agents can write through it.`,
		Example: `  cslack-stream serve                             the database that Claude-Slack uses
  cslack-stream serve --db FILE --listen 127.0.0.1:0
  curl -N 'http://127.0.0.1:8787/api/stream?agent=alice&project=webapp'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := onSignals(cmd.Context())
			defer stop()
			return runServe(ctx, env, opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.db, "db", "", "the Claude-Slack database `FILE`")
	flags.StringVar(&opts.listen, "listen", defaultListen, "loopback `ADDRESS` to listen on; port 0 takes a free one")
	flags.BoolVar(&opts.noInstall, "no-install", false, "write nothing to the database: poll it, and keep events in memory only")
	flags.BoolVar(&opts.memory, "memory", false, "add nothing to the database and keep no file: events live as long as the server")
	flags.StringSliceVar(&opts.origins, "origin", nil, "an `ORIGIN` beyond loopback whose pages may read, such as https://dash.example")
	flags.BoolVar(&opts.noHooks, "no-hooks", false, "notice this server's own writes as those of others are noticed")
	_ = flags.MarkHidden("no-hooks") // for measuring, and for event_streaming.use_hooks
	flags.BoolVarP(&opts.verbose, "verbose", "v", false, "log requests too")
	return cmd
}

// runServe serves until ctx is done, and returns nil then.
func runServe(ctx context.Context, env *environment, opts serveOptions) error {
	if opts.noInstall && opts.memory {
		return usageError("--no-install and --memory: give one of them; both add nothing to the database, but with --memory agents can write through the server")
	}
	path, err := claudeslack.Locate(opts.db, env.Getenv, env.Home)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, opts.listen)
	if err != nil {
		return err
	}
	logger := newLogger(env, opts.verbose)
	a, err := openEngine(ctx, env, path, opts, logger)
	if err != nil {
		_ = listener.Close()
		return err
	}
	url := "http://" + listener.Addr().String()
	fmt.Fprintf(env.Stderr, "cslack-stream: serving %s at %s\n", path, url)
	for _, n := range a.notes {
		fmt.Fprintf(env.Stderr, "cslack-stream: %s\n", n)
	}
	forget := env.announce(path, url, logger)
	defer forget()
	so := server.Options{
		Source: a.Engine, Directory: a.Engine, Explainer: a.Engine, Health: a.health, Origins: opts.origins, Logger: logger,
	}
	if opts.noInstall || a.static {
		return errors.Join(server.New(so).Run(ctx, listener), a.stop())
	}
	ao := author.Options{Path: path}
	if !opts.noHooks {
		ao.Transactor = a.own
	}
	writes := author.New(ao)
	so.Actor = writes
	return errors.Join(server.New(so).Run(ctx, listener), writes.Close(), a.stop())
}

func openEngine(ctx context.Context, env *environment, path string, opts serveOptions, logger *slog.Logger) (*attached, error) {
	switch {
	case opts.memory:
		return carryOnlyInMemory(ctx, path, opts, logger)
	case !opts.noInstall:
		return carry(ctx, env, path, logger)
	}
	a, err := attachReadOnly(ctx, path, logger)
	if err == nil && a.capture == "poll" {
		a.note("--no-install: polling; changes between two looks merge into one, changes made while no server runs are seen only as what is left of them, and events are kept in memory only")
	}
	return a, err
}

// listen opens the address, which must be a loopback one: there is no
// authentication yet.
func listen(ctx context.Context, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		return nil, usageError("--listen %s: want HOST:PORT, for example %s", quoted(address), defaultListen)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, usageError("--listen %s: only loopback addresses can be served without authentication: use 127.0.0.1, [::1] or localhost", quoted(address))
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("--listen %s: the port is in use, perhaps by another cslack-stream serve: stop that one, or take a free port with --listen 127.0.0.1:0", address)
	case err != nil:
		return nil, fmt.Errorf("--listen %s: %w", address, err)
	}
	return ln, nil
}

// announce records the server for tail and watch, and returns what takes the
// record back. Without a place for the record they have to be told.
func (env *environment) announce(path, url string, logger *slog.Logger) func() {
	r := serverRecord{URL: url, PID: os.Getpid(), Database: path}
	if err := env.writeServerRecord(path, r); err != nil {
		logger.Warn("other commands will not find this server by themselves", slog.Any("error", err))
		return func() {}
	}
	return func() {
		if err := env.removeServerRecord(path, r.PID); err != nil {
			logger.Warn("server record is left behind", slog.Any("error", err))
		}
	}
}

func newLogger(env *environment, verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Value.Kind() == slog.KindString {
				a.Value = slog.StringValue(strings.ToValidUTF8(a.Value.String(), "\uFFFD"))
			}
			return a
		},
	}))
}
