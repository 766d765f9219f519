package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"cslack-stream/internal/engine/claudeslack/author"
	"cslack-stream/internal/server"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// defaultListen is where serve listens if nothing else is said.
const defaultListen = "127.0.0.1:8787"

// serveOptions say what is served, and how.
type serveOptions struct {
	db     string
	config configFlags
	// print shows the configuration instead.
	print bool
}

// newServeCommand makes the command that runs the engine and its HTTP
// endpoints.
func newServeCommand(env *environment) *cobra.Command {
	var opts serveOptions
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the engine and its HTTP endpoints on the database",
		Long: `serve captures every committed change of the Claude-Slack database, keeps the
events in a file beside it, and streams them over HTTP to whom may see them.

It adds a change log and triggers to the database (see: cslack-stream capture);
with --no-install it adds nothing there, captures what is written through it
by a hook and what others write by polling, and keeps events in memory only.
While there is no database it waits for Claude-Slack to create it.

What flags do not say is in the configuration: see --print-config. SIGHUP
reloads of it what can be changed while serve runs.`,
		Example: `  cslack-stream serve                             the database that Claude-Slack uses
  cslack-stream serve --db FILE --listen 127.0.0.1:0
  curl -N 'http://127.0.0.1:8787/api/stream?agent=alice&project=webapp'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.config.set = f.settings(cmd.Flags())
			ctx, stop := onSignals(cmd.Context())
			defer stop()
			return runServe(ctx, env, opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.db, "db", "", "the Claude-Slack database `FILE`")
	flags.StringVar(&f.listen, "listen", defaultListen, "loopback `ADDRESS` to listen on; port 0 takes a free one")
	flags.BoolVar(&f.noInstall, "no-install", false, "add nothing to the database and keep no file: events live as long as the server")
	flags.StringSliceVar(&f.origins, "origin", nil, "an `ORIGIN` beyond loopback whose pages may read and write, such as https://dash.example")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "log requests too")
	opts.config.add(flags)
	flags.BoolVar(&opts.print, "print-config", false, "print the configuration in effect, every key commented, and end")
	return cmd
}

// serveFlags are the flags that set keys of the configuration.
type serveFlags struct {
	listen             string
	origins            []string
	noInstall, verbose bool
}

// settings are the keys that were set by flags.
func (f *serveFlags) settings(flags *pflag.FlagSet) []setting {
	all := []setting{
		{"listen", f.listen, "--listen"},
		{"cors.origins", strings.Join(f.origins, ","), "--origin"},
		{"event_streaming.persist_events", strconv.FormatBool(!f.noInstall), "--no-install"},
		{"log.level", map[bool]string{true: "debug", false: "info"}[f.verbose], "--verbose"},
	}
	return slices.DeleteFunc(all, func(s setting) bool { return !flags.Changed(s.flag[2:]) })
}

// runServe serves until ctx is done, and returns nil then.
func runServe(ctx context.Context, env *environment, opts serveOptions) error {
	c, err := env.loadConfig(opts.config)
	switch {
	case err != nil:
		return err
	case opts.print:
		return c.print(env.Stdout)
	}
	if err := c.checkServable(); err != nil {
		return err
	}
	hangups := takeHangups()
	defer hangups.drop()
	listener, err := listen(ctx, c.named("listen"), c.Listen)
	if err != nil {
		return err
	}
	log := newServeLog(env.Stderr, c)
	a, path, listener, err := openWhenThere(ctx, env, opts.db, c, log, listener)
	if err != nil || a == nil {
		return err
	}
	url := "http://" + listener.Addr().String()
	log.tell(ctx, "serving %s at %s", path, url)
	for _, n := range a.notes {
		log.tell(ctx, "%s", n)
	}
	forget := env.announce(path, url, log.Logger)
	defer forget()
	so := server.Options{
		Source: a.Engine, Directory: a.Engine, Explainer: a.Engine, Health: a.health, Origins: c.Origins, WriteTimeout: c.writeTimeout(), Logger: log.Logger,
		WriteRate: float64(c.WritesPerSecond), WriteBurst: c.WritesAtOnce,
	}
	ao := author.Options{Path: path}
	if c.UseHooks {
		ao.Transactor = a.own
	}
	writes := author.New(ao)
	if !a.static && !a.messagesOnly {
		so.Actor = writes
	}
	s := server.New(so)
	r := &reloader{env: env, flags: opts.config, config: c, log: log, server: s, events: a.events}
	ctx, stop := hangups.heed(ctx, r.reload)
	defer stop()
	return errors.Join(s.Run(ctx, listener), writes.Close(), a.stop())
}

// openEngine opens the engine that the configuration asks for.
func openEngine(ctx context.Context, path string, c *config, log *serveLog) (*attached, error) {
	if c.PersistEvents {
		return carry(ctx, path, c.tuning(), log)
	}
	return carryOnlyInMemory(ctx, path, c.named("event_streaming.persist_events"), c.tuning(), log.Logger)
}

// listen opens the address, which must be a loopback one: there is no
// authentication yet.
//
// named is how messages call what says it.
func listen(ctx context.Context, named, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		return nil, usageError("%s %s: want HOST:PORT, for example %s", named, quoted(address), defaultListen)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, usageError("%s %s: only loopback addresses can be served without authentication: use 127.0.0.1, [::1] or localhost", named, quoted(address))
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s %s: the port is in use, perhaps by another cslack-stream serve: stop that one, or take a free port with --listen 127.0.0.1:0", named, address)
	case err != nil:
		return nil, fmt.Errorf("%s %s: %w", named, address, err)
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
