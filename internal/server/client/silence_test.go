package client_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
	"cslack-stream/internal/server/client"
)

// swallower carries connections to a server, until it swallows: then it takes
// all bytes and hands none on, and no connection ends. That is what a cable
// that was pulled, or a machine that sleeps, looks like.
type swallower struct {
	ln     net.Listener
	to     string
	mute   atomic.Bool
	count  atomic.Int32
	wg     sync.WaitGroup
	mu     sync.Mutex
	opened []net.Conn
}

func newSwallower(t *testing.T, to string) *swallower {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &swallower{ln: ln, to: to}
	s.wg.Go(s.accept)
	t.Cleanup(func() {
		_ = ln.Close()
		s.mu.Lock()
		for _, c := range s.opened {
			_ = c.Close()
		}
		s.mu.Unlock()
		s.wg.Wait()
	})
	return s
}

func (s *swallower) accept() {
	for {
		from, err := s.ln.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", s.to)
		if err != nil {
			_ = from.Close()
			continue
		}
		s.count.Add(1)
		s.mu.Lock()
		s.opened = append(s.opened, from, to)
		s.mu.Unlock()
		// A connection that was swallowed once stays so: nobody heals it.
		lost := new(atomic.Bool)
		s.wg.Go(func() { s.carry(to, from, lost) })
		s.wg.Go(func() { s.carry(from, to, lost) })
	}
}

func (s *swallower) carry(to, from net.Conn, lost *atomic.Bool) {
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if s.mute.Load() {
			lost.Store(true)
		}
		if err != nil {
			if !lost.Load() {
				_ = to.Close()
			}
			return
		}
		if lost.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			_, _ = io.Copy(io.Discard, from)
			return
		}
	}
}

func TestStream_DeadConnectionIsNoticedAndReplaced(t *testing.T) {
	t.Parallel() // it waits for the server's retry
	const beat = 50 * time.Millisecond
	log := eventtest.NewSource()
	addr, _ := serve(t, server.Options{Source: log, Heartbeat: beat}, "")
	between := newSwallower(t, addr)
	lost := make(chan error, 16)
	src := dial(t, client.Options{URL: "http://" + between.ln.Addr().String(), Heartbeat: beat, OnState: func(s client.State) {
		if s.Phase == client.Lost {
			between.mute.Store(false)
			lost <- s.Err
		}
	}})
	st := subscribe(t, src, event.Request{Agent: eventtest.Alice, Follow: true})
	log.Append(message(1), eventtest.Alice)
	eventtest.ReadN(t, st, 1)
	listener := st.(interface {
		Heard() (time.Time, time.Duration)
	})
	if last, every := listener.Heard(); last.IsZero() || every != beat {
		t.Errorf("got %v heard every %v, want some time and %v", last, every, beat)
	}
	between.mute.Store(true)
	log.Append(message(2), eventtest.Alice)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	select {
	case err := <-lost:
		if err == nil || !strings.Contains(err.Error(), "silent") {
			t.Errorf("got it lost by %v, want by silence", err)
		}
	case <-ctx.Done():
		t.Fatal("a connection that swallows everything was not noticed")
	}
	if got := eventtest.ReadN(t, st, 1); got[0].EntityID != "2" {
		t.Errorf("got message %s behind the dead connection, want 2", got[0].EntityID)
	}
	if got := between.count.Load(); got < 2 {
		t.Errorf("got %d connections, want a new one", got)
	}
}

// heartbeats are heard though there are no events.
func TestStream_HearsHeartbeats(t *testing.T) {
	log := eventtest.NewSource()
	addr, _ := serve(t, server.Options{Source: log, Heartbeat: 10 * time.Millisecond}, "")
	src := dial(t, client.Options{URL: "http://" + addr})
	st := subscribe(t, src, event.Request{Agent: eventtest.Alice, Follow: true})
	listener := st.(interface {
		Heard() (time.Time, time.Duration)
	})
	first, _ := listener.Heard()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(patience); ; <-look.C {
		if last, _ := listener.Heard(); last.After(first) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no heartbeat was heard")
		}
	}
}
