package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/replay"
)

// replayed are the texts that a recording shows, and what is said of it.
func replayed(t *testing.T, path string, args ...string) (texts, said string) {
	t.Helper()
	r := runWorld(t, dev(), append([]string{"replay", path}, args...)...)
	return r.lines(), r.err.String()
}

// newTape records at path what is shown of src, without a mishap.
func newTape(t *testing.T, src event.Source, path string) *recordedSource {
	t.Helper()
	tape, err := recordWatch(src, path, func(req event.Request) replay.Header {
		return replay.HeaderOf(req, []event.AgentInfo{eventtest.Info(eventtest.Alice), eventtest.Info(eventtest.Bob)}, eventtest.Day)
	}, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	return tape
}

// TestRecordedSource_RecordsWhatIsDelivered: a view that connects again, over
// a gap, and looks back with other streams, makes one recording of what it was
// given, each event once.
func TestRecordedSource_RecordsWhatIsDelivered(t *testing.T) {
	src := eventtest.NewSource()
	add := func(text string) *event.Event {
		return src.Append(eventtest.Message(1, "g:dev", eventtest.Bob, text), eventtest.Alice)
	}
	path := filepath.Join(t.TempDir(), "it")
	tape := newTape(t, src, path)
	alice := event.Request{Agent: eventtest.Alice, Follow: true}
	add("old")
	add("one")
	var err error
	if alice.After, err = tape.Last(t.Context(), alice, 1); err != nil {
		t.Fatal(err)
	}
	read := func(req event.Request, n int) event.Cursor {
		s, err := tape.Subscribe(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		eventtest.ReadN(t, s, n)
		return s.Cursor()
	}
	tape.watching(alice)
	read(alice, 1)
	two := add("two")
	alice.After = two.Cursor
	alice.After.Offset -= 2 // it asks again for what it had
	read(alice, 2)
	past := event.Request{Agent: eventtest.Alice}
	s, err := tape.Subscribe(t.Context(), past) // it looks back
	if err != nil {
		t.Fatal(err)
	}
	eventtest.ReadAll(t, s)
	s.Close()
	read(event.Request{Operator: true, Follow: true}, 3) // it shows something else beside it
	src.Trim(add("lost").Cursor)
	alice.After = two.Cursor
	var gap *event.GapError
	if _, err := tape.Subscribe(t.Context(), alice); !errors.As(err, &gap) {
		t.Fatalf("got %v, want a gap", err)
	}
	add("three")
	alice.After = gap.Oldest
	read(alice, 1)
	tape.finish()
	texts, said := replayed(t, path)
	if texts != "one two three" || !strings.Contains(said, "no longer retained") {
		t.Errorf("got %q and %s, want one two, a gap, three", texts, said)
	}
}

// TestRecordedSource_EachViewHasItsRecording: whoever watches one after the
// other finds each in a file of its own, with a gap for what was not shown.
func TestRecordedSource_EachViewHasItsRecording(t *testing.T) {
	src := eventtest.NewSource()
	path := filepath.Join(t.TempDir(), "it.ndjson")
	second, third := strings.Replace(path, "it", "it-2", 1), strings.Replace(path, "it", "it-3", 1)
	if err := os.WriteFile(second, []byte("somebody else's"), 0o600); err != nil {
		t.Fatal(err)
	}
	tape := newTape(t, src, path)
	for i, step := range []struct {
		agent     event.Agent
		last      int
		text, say string
	}{
		{eventtest.Alice, 10, "one", ""},
		{eventtest.Bob, 10, "two", "recorded in " + third},
		{eventtest.Bob, 10, "three", "recorded in " + third},
		{eventtest.Alice, 1, "four", "recorded in " + path},
	} {
		src.Append(eventtest.Message(int64(i+1), "g:dev", eventtest.Bob, step.text), eventtest.Alice, eventtest.Bob)
		req := event.Request{Agent: step.agent, Follow: true}
		if got := tape.watching(req); got != step.say {
			t.Errorf("%s: got %q said, want %q", step.text, got, step.say)
		}
		var err error
		if req.After, err = tape.Last(t.Context(), req, step.last); err != nil {
			t.Fatal(err)
		}
		s, err := tape.Subscribe(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		eventtest.ReadN(t, s, min(i+1, step.last))
		s.Close()
	}
	tape.finish()
	if texts, said := replayed(t, path); texts != "one four" || !strings.Contains(said, "alice:p1") || !strings.Contains(said, "not shown when this was recorded") {
		t.Errorf("got %q and %s, want one, a gap, four", texts, said)
	}
	if texts, said := replayed(t, third); texts != "one two three" || !strings.Contains(said, "bob") {
		t.Errorf("got %q and %s, want what bob saw", texts, said)
	}
	if kept, _ := os.ReadFile(second); string(kept) != "somebody else's" {
		t.Errorf("got %q, want the other file untouched", kept)
	}
}

// TestRecordedSource_KeepsToItsView: who sees what, shown over a view that is
// narrowed, is of more than this is a recording of.
func TestRecordedSource_KeepsToItsView(t *testing.T) {
	src := eventtest.NewSource()
	path := filepath.Join(t.TempDir(), "it")
	tape := newTape(t, src, path)
	narrow := event.Request{Operator: true, Follow: true, Audience: true, Filter: event.Filter{Types: []string{"message.*"}}}
	tape.watching(narrow)
	read := func(req event.Request, n int) {
		s, err := tape.Subscribe(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		eventtest.ReadN(t, s, n)
	}
	src.Append(eventtest.Message(1, "g:dev", eventtest.Bob, "one"), eventtest.Alice)
	read(narrow, 1)
	src.Append(eventtest.Status(eventtest.Bob, "busy"), eventtest.Alice)
	read(event.Request{Operator: true, Follow: true, Audience: true}, 2)
	tape.finish()
	if texts, _ := replayed(t, path); texts != "one" {
		t.Errorf("got %q, want one and nothing else", texts)
	}
}

// TestRecordedSource_NothingIsMissingWithoutAWord: not even where the event log
// began anew while another view was shown.
func TestRecordedSource_NothingIsMissingWithoutAWord(t *testing.T) {
	src := eventtest.NewSource()
	path := filepath.Join(t.TempDir(), "it")
	tape := newTape(t, src, path)
	alice := event.Request{Agent: eventtest.Alice, Follow: true}
	show := func(text string) {
		src.Append(eventtest.Message(1, "g:dev", eventtest.Bob, text), eventtest.Alice)
		tape.watching(alice)
		var err error
		if alice.After, err = tape.Last(t.Context(), alice, 1); err != nil {
			t.Fatal(err)
		}
		s, err := tape.Subscribe(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		eventtest.ReadN(t, s, 1)
	}
	show("one")
	tape.watching(event.Request{Agent: eventtest.Bob})
	src.NewEpoch()
	src.Append(eventtest.Message(1, "g:dev", eventtest.Bob, "unseen"), eventtest.Alice)
	show("two")
	tape.finish()
	if texts, said := replayed(t, path); texts != "one two" || !strings.Contains(said, "not shown when this was recorded") {
		t.Errorf("got %q and %s, want one, a gap, two", texts, said)
	}
}

// TestRecordedSource_TellsOfFilesThatThereAre: where the next one can not be
// made, that is said once, and the view goes on.
func TestRecordedSource_TellsOfFilesThatThereAre(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "it")
	var told []string
	tape, err := recordWatch(eventtest.NewSource(), path, func(event.Request) replay.Header { return replay.Header{} },
		func(err error) { told = append(told, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	tape.watching(event.Request{Agent: eventtest.Alice})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := tape.watching(event.Request{Agent: eventtest.Bob}); got != "this is not recorded" {
			t.Errorf("got %q", got)
		}
	}
	tape.finish()
	if got := tape.paths(); len(got) != 1 || got[0] != path || len(told) != 1 {
		t.Errorf("got the files %q and told %q, want the first one, and the second's failure once", got, told)
	}
}

func TestMishaps_AreTellableOnceAndKept(t *testing.T) {
	var broken mishaps
	got := broken.news()
	broken.add(errors.New("full"))
	got += broken.news() + broken.news()
	if got != "full" || len(broken.all) != 1 {
		t.Errorf("got %q and %v, want it as news once, and kept", got, broken.all)
	}
}

// TestRecorder_ErrorsDoNotEndTheView: what goes wrong with the file is told
// once, and lines go on.
func TestRecorder_ErrorsDoNotEndTheView(t *testing.T) {
	var told []string
	r, err := newRecorder(filepath.Join(t.TempDir(), "it"), replay.Header{}, func(err error) { told = append(told, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	r.file.Close() // as a full disk
	src := eventtest.NewSource()
	for range 3 {
		r.events([]*event.Event{src.Append(eventtest.Message(1, "g:dev", eventtest.Bob, "x"))})
		r.gap(&event.GapError{})
	}
	r.finish(event.Cursor{})
	if len(told) != 1 || !strings.Contains(told[0], "recording ends here") {
		t.Errorf("got %q, want it told once", told)
	}
}

// TestTail_RecordsWhatItShows: also what a direct message's arrival adds, which
// lines for eyes leave out otherwise; and a recording is whole when the reader
// has enough.
func TestTail_RecordsWhatItShows(t *testing.T) {
	w := dev("1", "2", "3")
	w.Later = dev("4", "5").Events
	path := filepath.Join(t.TempDir(), "it")
	r := runWorld(t, w, "tail", "alice", "-n", "2", "--count", "3", "--record", path)
	if got := r.lines(); got != "2 3 4" || r.code != 0 {
		t.Fatalf("got %q and exit code %v: %s", got, r.code, &r.err)
	}
	if texts, said := replayed(t, path); texts != "2 3 4" || !strings.Contains(said, "alice@webapp, recording on") {
		t.Errorf("got %q and %s, want what was shown, for alice", texts, said)
	}
}

// TestReplay_ShowsWhatAKilledRecorderLeft: everything before the cut, then
// where it is.
func TestReplay_ShowsWhatAKilledRecorderLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "it")
	runWorld(t, dev("1", "2", "3"), "tail", "alice", "--all", "--no-follow", "--record", path)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)-200], 0o600); err != nil {
		t.Fatal(err)
	}
	r := runWorld(t, dev(), "replay", path)
	if got := r.lines(); got != "1 2" || r.code != exitFailed || !strings.Contains(r.err.String(), "it:4: the recording ends here") {
		t.Errorf("got %q, exit code %v and %s, want 1 2, 1 and line 4", got, r.code, &r.err)
	}
}

// TestPaced_StopsWithItsReader: the goroutine that reads ahead ends with the
// stream.
func TestPaced_StopsWithItsReader(t *testing.T) {
	src := eventtest.NewSource()
	for range 5000 {
		src.Append(eventtest.Message(1, "g:dev", eventtest.Bob, "x"), eventtest.Alice)
	}
	s, err := paced{src, replay.Pace{}}.Subscribe(t.Context(), event.Request{Agent: eventtest.Alice})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil || src.Streams() != 0 {
		t.Errorf("got %v and %d streams left, want none", err, src.Streams())
	}
	if _, err := s.Next(context.Background()); !errors.Is(err, event.ErrClosed) || errors.Is(err, io.EOF) {
		t.Errorf("Next after Close: got %v, want ErrClosed", err)
	}
}

// TestReplay_SaysHowToGoOn: who stops in the middle is told the command that
// goes on there.
func TestReplay_SaysHowToGoOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "it")
	runWorld(t, dev("1", "2"), "tail", "alice", "--all", "--no-follow", "--record", path)
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	r := &runTest{}
	env := r.environment(nil, "replay", path, "--speed", "0.001", "--max-idle", "0")
	env.Signals = func(context.Context) (context.Context, func()) { return ctx, func() {} }
	env.IsTerminal = func(stream any) bool { return stream == env.Stderr }
	env.Stdout = writerFunc(func(p []byte) (int, error) {
		stop(&signalError{os.Interrupt})
		return len(p), nil
	})
	r.code = run(t.Context(), env)
	want := "1 line, resume: cslack-stream replay " + shellWord(path) + " --agent alice@webapp --since-id test1-1"
	if r.code != exitInterrupted || !strings.Contains(r.err.String(), want) {
		t.Errorf("got exit code %v and %s, want %s", r.code, &r.err, want)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
