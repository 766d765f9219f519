package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
)

// runTest is a run of the program inside a test.
type runTest struct {
	out, err bytes.Buffer
	code     int
}

// environment is one in which the world is opened as a source.
func (r *runTest) environment(open opener, args ...string) *environment {
	return &environment{
		Args: args, Stdin: strings.NewReader(""), Stdout: &r.out, Stderr: &r.err,
		Getenv: func(string) string { return "" }, Now: time.Now, Location: time.UTC,
		IsTerminal: func(any) bool { return false }, Open: open,
		Signals: func(ctx context.Context) (context.Context, func()) { return ctx, func() {} },
	}
}

func runWorld(t *testing.T, w *world, args ...string) *runTest {
	t.Helper()
	r := &runTest{}
	r.code = run(t.Context(), r.environment(w.open, args...))
	return r
}

// lines are the texts of a tab separated output.
func (r *runTest) lines() string {
	var texts []string
	for l := range strings.Lines(r.out.String()) {
		texts = append(texts, strings.TrimSuffix(l[strings.LastIndexByte(l, '\t')+1:], "\n"))
	}
	return strings.Join(texts, " ")
}

func TestTail_ShowsTheLastThatMatch(t *testing.T) {
	var texts []string
	for i := range 3000 {
		texts = append(texts, map[bool]string{true: "hit", false: "miss"}[i%500 == 0]+strings.Repeat(".", i/500))
	}
	for _, served := range []bool{false, true} {
		w := dev(texts...)
		w.Served = served
		for n, want := range map[string]string{
			"0": "", "1": "hit.....", "2": "hit.... hit.....", "4": "hit.. hit... hit.... hit.....", "99": "hit hit. hit.. hit... hit.... hit.....",
		} {
			r := runWorld(t, w, "tail", "alice", "-n", n, "-q", "hit", "--no-follow", "--quiet")
			if got := r.lines(); got != want || r.code != 0 {
				t.Errorf("served %v, -n %s: got %q and exit code %v, want %q", served, n, got, r.code, want)
			}
		}
		r := runWorld(t, w, "tail", "alice", "-n", "2", "--no-follow", "--quiet")
		if got, want := r.lines(), "miss..... miss....."; got != want {
			t.Errorf("served %v: got %q, want %q", served, got, want)
		}
	}
}

func TestTail_FollowsWithoutGapOrRepeat(t *testing.T) {
	for _, start := range [][]string{{"-n", "0"}, {"-n", "1"}, {"-n", "5"}, {"--all"}, {"--since-id", "test1-0"}, {"--since-id", "test1-3"}} {
		for _, served := range []bool{false, true} {
			w := dev("1", "2", "3")
			w.Served = served
			w.Later = dev("4", "5", "6").Events
			args := append([]string{"tail", "alice", "-o", "template", "--template", "{{.Text}}", "--timeout", "200ms"}, start...)
			r := runWorld(t, w, args...)
			got := strings.Fields(r.out.String())
			want := map[string]string{"0": "4 5 6", "1": "3 4 5 6", "test1-3": "4 5 6"}[start[len(start)-1]]
			if want == "" {
				want = "1 2 3 4 5 6"
			}
			if strings.Join(got, " ") != want || r.code != exitTimeout {
				t.Errorf("%v, served %v: got %v and exit code %v, want %v", start, served, got, r.code, want)
			}
		}
	}
}

// TestTail_TimeoutIsIdleTime runs on a fake clock: the time to wait is over
// only when nothing was shown for so long.
func TestTail_TimeoutIsIdleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := eventtest.NewSource()
		open := func(context.Context, *environment, sourceFlags) (*attachment, error) { return attach(s), nil }
		var r runTest
		start := time.Now()
		ended := make(chan time.Duration)
		go func() {
			r.code = run(t.Context(), r.environment(open, "tail", "alice", "-q", "hit", "--timeout", "10s"))
			ended <- time.Since(start)
		}()
		go func() {
			for i, text := range []string{"hit", "hit", "miss"} {
				time.Sleep(6 * time.Second)
				s.Append(eventtest.Message(int64(i), "dev", eventtest.Bob, text), eventtest.Alice)
			}
		}()
		// The second hit comes after 12 s; misses are no lines.
		if got, want := <-ended, 22*time.Second; got != want {
			t.Errorf("got the end after %v, want %v", got, want)
		}
		if got, want := r.lines(), "hit hit"; got != want || r.code != exitTimeout {
			t.Errorf("got %q and exit code %v, want %q and %v: %s", got, r.code, want, exitTimeout, &r.err)
		}
	})
}

// attach is a source with the agents of package eventtest.
func attach(s event.Source) *attachment {
	return &attachment{
		Source: s, Mode: modeDirect,
		Agents: func(context.Context) ([]event.AgentInfo, error) {
			return []event.AgentInfo{eventtest.Info(eventtest.Alice), eventtest.Info(eventtest.Bob)}, nil
		},
		Channels: func(context.Context, event.Agent) ([]event.Channel, error) { return nil, nil },
	}
}

func TestTail_EndsAtATimeToCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := eventtest.NewSource()
		open := func(context.Context, *environment, sourceFlags) (*attachment, error) { return attach(s), nil }
		var r runTest
		start := time.Now()
		until := start.Add(90 * time.Second).UTC().Format(time.RFC3339)
		r.code = run(t.Context(), r.environment(open, "tail", "--until", until))
		if got, want := time.Since(start), 90*time.Second; got != want || r.code != 0 {
			t.Errorf("got an end after %v with %v, want %v and 0: %s", got, r.code, want, &r.err)
		}
	})
}

func TestTail_ComesBackAfterALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := eventtest.NewSource()
		s.Append(eventtest.Message(1, "dev", eventtest.Bob, "before"), eventtest.Alice)
		lossy := &lossySource{Source: s}
		open := func(context.Context, *environment, sourceFlags) (*attachment, error) { return attach(lossy), nil }
		var r runTest
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.code = run(t.Context(), r.environment(open, "tail", "alice", "--all", "--count", "2"))
		}()
		synctest.Wait()
		s.Fail(event.ErrUnavailable)
		lossy.lose(errors.New("connection reset"))
		time.Sleep(time.Second)
		s.Append(eventtest.Message(2, "dev", eventtest.Bob, "after"), eventtest.Alice)
		s.Fail(nil)
		<-done
		if got, want := r.lines(), "before after"; got != want || r.code != 0 {
			t.Errorf("got %q and exit code %v, want %q: %s", got, r.code, want, &r.err)
		}
		if got := strings.Count(r.err.String(), "connection reset; trying again"); got != 1 {
			t.Errorf("got %d lines about the loss, want 1: %s", got, &r.err)
		}
	})
}

func TestTail_NoReconnectMakesALossAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lossy := &lossySource{Source: eventtest.NewSource()}
		open := func(context.Context, *environment, sourceFlags) (*attachment, error) { return attach(lossy), nil }
		var r runTest
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.code = run(t.Context(), r.environment(open, "tail", "alice", "--all", "--no-reconnect"))
		}()
		synctest.Wait()
		lossy.lose(errors.New("connection reset"))
		<-done
		if want := "cslack-stream: stream lost: connection reset (--no-reconnect)\n"; !strings.HasSuffix(r.err.String(), want) || r.code != exitLost {
			t.Errorf("got %q and exit code %v, want %q and %v", &r.err, r.code, want, exitLost)
		}
	})
}

// lossySource is a source whose streams break when told to.
type lossySource struct {
	event.Source
	streams []*lossyStream
}

func (s *lossySource) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	inner, err := s.Source.Subscribe(ctx, req)
	if err != nil {
		return nil, err
	}
	st := &lossyStream{Stream: inner, broken: make(chan error, 1)}
	s.streams = append(s.streams, st)
	return st, nil
}

// lose breaks the newest stream.
func (s *lossySource) lose(err error) { s.streams[len(s.streams)-1].broken <- err }

type lossyStream struct {
	event.Stream
	broken chan error
}

func (s *lossyStream) Next(ctx context.Context) ([]*event.Event, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case err := <-s.broken:
			cancel(err)
		case <-stop:
		}
	}()
	events, err := s.Stream.Next(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return events, err
}

func TestTail_GivesUpOnAStreamOfGaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := func(context.Context, *environment, sourceFlags) (*attachment, error) { return attach(gaps{}), nil }
		var r runTest
		r.code = run(t.Context(), r.environment(open, "tail", "alice", "--all"))
		if r.code != exitFailed || strings.Count(r.err.String(), "gap:") != maxGaps {
			t.Errorf("got exit code %v and %s, want %v after %d gaps", r.code, &r.err, exitFailed, maxGaps)
		}
	})
}

// gaps is a source that has nothing but gaps.
type gaps struct{ event.Source }

func (gaps) Subscribe(context.Context, event.Request) (event.Stream, error) {
	return nil, &event.GapError{Reason: event.GapTrimmed, Count: -1}
}

func TestTail_WritesABatchAtOnce(t *testing.T) {
	var texts []string
	for range 200 {
		texts = append(texts, "x")
	}
	var r runTest
	env := r.environment(dev(texts...).open, "tail", "alice", "--all", "--no-follow", "--quiet")
	counter := &countingWriter{}
	env.Stdout = counter
	if code := run(t.Context(), env); code != 0 || counter.lines != 200 || counter.writes != 1 {
		t.Errorf("got %d lines in %d writes and exit code %v, want 200 in 1", counter.lines, counter.writes, code)
	}
}

type countingWriter struct{ writes, lines int }

func (w *countingWriter) Write(b []byte) (int, error) {
	w.writes++
	w.lines += bytes.Count(b, []byte("\n"))
	return len(b), nil
}

func TestTail_SaysWhyItMayNot(t *testing.T) {
	w := dev("x")
	w.Fails = "forbidden"
	r := runWorld(t, w, "tail", "alice")
	if want := "cslack-stream: not allowed to read as this agent: use another token"; !strings.Contains(r.err.String(), want) || r.code != exitFailed {
		t.Errorf("got %q and exit code %v, want %q", &r.err, r.code, want)
	}
}

func TestTail_TemplateThatFailsForOneEventGoesOn(t *testing.T) {
	w := dev("x", "y")
	w.Events[0].Data = []byte(`{"id":1,"metadata":{"priority":"high"}}`)
	r := runWorld(t, w, "tail", "alice", "--all", "--no-follow", "--quiet", "--template", "{{.Data.metadata.priority}}")
	if got, want := r.out.String(), "high\n"; got != want || r.code != 0 {
		t.Errorf("got %q and exit code %v, want %q", got, r.code, want)
	}
	if got := r.err.String(); !strings.Contains(got, "fill template for event test1-2") || strings.Count(got, "\n") != 1 {
		t.Errorf("got %q, want one line about the second event", got)
	}
}

func TestTail_KeepsStandardErrorSafe(t *testing.T) {
	w := dev("x")
	w.Notes = []string{"a note\x1b[2J\nof two lines"}
	w.Agents[1].Name = "mal\x1b[2Jlory"
	r := runWorld(t, w, "tail", "nobody\x1b]0;x\x07")
	if got := r.err.String(); strings.ContainsAny(got, "\x1b\x07") || r.code != exitNotFound {
		t.Errorf("got %q and exit code %v, want it sanitised", got, r.code)
	}
	r = runWorld(t, w, "tail", "--no-follow")
	if got := r.err.String(); strings.Contains(got, "\x1b") || strings.Count(got, "\n") != 2 {
		t.Errorf("got %q, want two safe lines", got)
	}
}

func TestShellWord_IsOneWord(t *testing.T) {
	for in, want := range map[string]string{"alice@webapp": "alice@webapp", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "$(x)": "'$(x)'"} {
		if got := shellWord(in); got != want {
			t.Errorf("shellWord(%q): got %v, want %v", in, got, want)
		}
	}
	for in, want := range map[string]string{"-x-@webapp": "--agent -x-@webapp", `b\u202e`: `'b\u202e'`, "b": "b"} {
		if got := agentWord(in); got != want {
			t.Errorf("agentWord(%q): got %v, want %v", in, got, want)
		}
	}
}
