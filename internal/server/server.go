package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
)

// Options configure a Server. Everything but Source has a useful zero value.
type Options struct {
	// Source is where streams and snapshots come from. It is required.
	Source event.Source
	// Directory lists agents and channels. Without one, agents are taken as
	// they are named (project is an id then), and the lists are unavailable.
	Directory Directory
	// Explainer says why agents get events. Without one nothing is explained.
	Explainer Explainer
	// Actor writes into the workspace. Without one the Server only reads.
	Actor action.Actor
	// WriteRate is how many writes a second an agent is allowed, and
	// WriteBurst how many at once: 20 and 100; negative means no limit.
	WriteRate  float64
	WriteBurst int
	// Health tells how the engine is; the Server adds what it knows itself.
	// Without one, the Server speaks for itself only.
	Health func(context.Context) Health
	// Origins are origins beyond loopback whose pages may read and write, for
	// example "https://dash.example".
	Origins []string
	// Heartbeat is the time between two heartbeats of a stream: 15 s.
	Heartbeat time.Duration
	// WriteTimeout is how long a reader may take for one batch: 10 s.
	WriteTimeout time.Duration
	// HeaderTimeout is how long a client may take to send its request: 5 s.
	HeaderTimeout time.Duration
	// BatchBytes is the most that is written at once: 64 KiB.
	BatchBytes int
	// Drain is the longest time over which the ends of streams are spread when
	// the server stops: 1 s.
	Drain time.Duration
	// Logger is where the Server logs; by default nowhere.
	Logger *slog.Logger
}

const (
	defaultHeartbeat     = 15 * time.Second
	defaultWriteTimeout  = 10 * time.Second
	defaultHeaderTimeout = 5 * time.Second
	defaultBatchBytes    = 64 << 10
	defaultDrain         = time.Second

	defaultWriteRate  = 20
	defaultWriteBurst = 100

	maxHeaderBytes = 64 << 10
	answerTimeout  = 30 * time.Second // to take an answer that ends
	idleTimeout    = 2 * time.Minute
	bufferBytes    = 4 << 10
)

// Server answers HTTP requests. It is an http.Handler, so it can stand behind
// a server of the caller's; Run brings its own, and stops it in good order.
type Server struct {
	opts     Options
	log      *slog.Logger
	guard    guard
	mux      *http.ServeMux
	readers  *readers
	requests *gate
	writes   *limiter
	buffers  sync.Pool // of *[]byte, for batches

	writeTimeout atomic.Int64 // of opts, until it is set anew
}

// New returns a Server. It does nothing until it is asked.
func New(opts Options) *Server {
	setDefault(&opts.Heartbeat, defaultHeartbeat)
	setDefault(&opts.WriteTimeout, defaultWriteTimeout)
	setDefault(&opts.HeaderTimeout, defaultHeaderTimeout)
	setDefault(&opts.BatchBytes, defaultBatchBytes)
	setDefault(&opts.Drain, defaultDrain)
	opts.WriteRate = cmp.Or(opts.WriteRate, defaultWriteRate)
	opts.WriteBurst = cmp.Or(opts.WriteBurst, defaultWriteBurst)
	s := &Server{
		writes: newLimiter(opts.WriteRate, opts.WriteBurst),
		opts:   opts, log: opts.Logger, guard: newGuard(opts.Origins), mux: http.NewServeMux(),
		readers: newReaders(), requests: newGate(),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.SetWriteTimeout(opts.WriteTimeout)
	s.buffers.New = func() any {
		b := make([]byte, 0, bufferBytes)
		return &b
	}
	s.routes()
	return s
}

// SetWriteRate changes Options.WriteRate and Options.WriteBurst for all agents.
func (s *Server) SetWriteRate(perSecond float64, burst int) { s.writes.set(perSecond, burst) }

// SetWriteTimeout changes Options.WriteTimeout for streams opened afterwards.
func (s *Server) SetWriteTimeout(d time.Duration) { s.writeTimeout.Store(int64(d)) }

func setDefault[T int | time.Duration](v *T, value T) {
	if *v <= 0 {
		*v = value
	}
}

// Run serves on ln until ctx is done, and closes ln. Then it stops in good
// order: readiness fails, every stream is told goodbye, requests at work are
// waited for a moment and cut if they take longer. It takes less than three
// seconds and returns nil after everything has ended; a listener that breaks
// is an error. A Server runs once.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	if err := checkListener(ln.Addr()); err != nil {
		_ = ln.Close()
		return err
	}
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	hs := s.httpServer(base)
	served := make(chan error, 1)
	go func() { served <- hs.Serve(ln) }()
	s.log.DebugContext(ctx, "listening", slog.String("address", ln.Addr().String()))

	var err error
	select {
	case err = <-served:
		err = fmt.Errorf("serve on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	s.stop(base, hs)
	cut()
	s.requests.close()
	if err == nil {
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = fmt.Errorf("serve on %s: %w", ln.Addr(), e)
		}
	}
	return err
}

func (s *Server) httpServer(base context.Context) *http.Server {
	return &http.Server{
		Handler:                      s,
		BaseContext:                  func(net.Listener) context.Context { return base },
		ReadHeaderTimeout:            s.opts.HeaderTimeout,
		ReadTimeout:                  2 * s.opts.HeaderTimeout,
		WriteTimeout:                 answerTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxHeaderBytes,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// stop ends streams first: Shutdown would wait for them without telling them.
func (s *Server) stop(ctx context.Context, hs *http.Server) {
	s.log.InfoContext(ctx, "stopping")
	s.readers.drain(s.opts.Drain, farewell)
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	if err := hs.Shutdown(ctx); err != nil {
		s.log.DebugContext(ctx, "requests cut", slog.Any("error", err))
		_ = hs.Close()
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.requests.enter() {
		s.fail(w, r, unavailable("the server is stopping", nil))
		return
	}
	defer s.requests.leave()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	if err := s.guard.check(r); err != nil {
		s.fail(w, r, err)
		return
	}
	s.guard.share(h, r)
	s.mux.ServeHTTP(w, r)
}

// gate counts the requests at work and can wait for the last one. A WaitGroup
// does not allow to add while somebody waits.
type gate struct {
	mu     sync.Mutex
	n      int
	closed bool
	empty  chan struct{}
}

func newGate() *gate { return &gate{empty: make(chan struct{})} }

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.n++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n--
	if g.closed && g.n == 0 {
		close(g.empty)
	}
}

// close lets nobody in any more and waits until everybody has left.
func (g *gate) close() {
	g.mu.Lock()
	if !g.closed && g.n == 0 {
		close(g.empty)
	}
	g.closed = true
	g.mu.Unlock()
	<-g.empty
}
