package sse_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/server/sse"
)

func readAll(r *sse.Reader) ([]sse.Frame, error) {
	var frames []sse.Frame
	for {
		f, err := r.Next()
		if err != nil {
			return frames, err
		}
		frames = append(frames, f)
	}
}

func frame(id, data string) sse.Frame { return sse.Frame{ID: id, Data: []byte(data)} }

func TestReader_Standard(t *testing.T) {
	tests := []struct {
		name, stream string
		want         []sse.Frame
		wantErr      error
	}{
		{"one", "id: 1\ndata: a\n\n", []sse.Frame{frame("1", "a")}, io.EOF},
		{"CRLF", "id: 1\r\ndata: a\r\n\r\ndata: b\r\n\r\n", []sse.Frame{frame("1", "a"), frame("1", "b")}, io.EOF},
		{"CR only", "id: 1\rdata: a\r\rdata: b\r\r", []sse.Frame{frame("1", "a"), frame("1", "b")}, io.EOF},
		{"mixed line ends", "data: x\r\n\ndata: y\n\r\ndata: z\n\n", []sse.Frame{frame("", "x"), frame("", "y"), frame("", "z")}, io.EOF},
		{"byte order mark", "\ufeffid: 9\ndata: x\n\n", []sse.Frame{frame("9", "x")}, io.EOF},
		{"a second byte order mark is text", "data: x\n\n\ufeffdata: y\n\n", []sse.Frame{frame("", "x")}, io.EOF},
		{"several data lines", "data: a\ndata: b\ndata:\ndata: c\n\n", []sse.Frame{frame("", "a\nb\n\nc")}, io.EOF},
		{"one space is skipped", "data:  x\ndata:y\n\n", []sse.Frame{frame("", " x\ny")}, io.EOF},
		{"field without colon", "data\ndata\n\nid\ndata: q\n\n", []sse.Frame{frame("", "\n"), frame("", "q")}, io.EOF},
		{"empty data is data", "data\n\ndata: b\n\n", []sse.Frame{frame("", ""), frame("", "b")}, io.EOF},
		{"comment", ": hb\n\ndata: a\n: c\ndata: b\n\n", []sse.Frame{frame("", "a\nb")}, io.EOF},
		{"unknown field", "dataset: no\ndata: x\n\n", []sse.Frame{frame("", "x")}, io.EOF},
		{"event field", "event: e\ndata: x\n\n", []sse.Frame{{Event: "e", Data: []byte("x")}}, io.EOF},
		{"event only", "event: e\n\ndata: x\n\n", []sse.Frame{frame("", "x")}, io.EOF},
		{"id only moves the id", "id: 5\n\ndata: b\n\n", []sse.Frame{frame("5", "b")}, io.EOF},
		{"empty id resets", "id: 5\ndata: a\n\nid:\ndata: b\n\n", []sse.Frame{frame("5", "a"), frame("", "b")}, io.EOF},
		{"id with NUL is ignored", "id: 5\ndata: a\n\nid: 6\x007\ndata: b\n\n", []sse.Frame{frame("5", "a"), frame("5", "b")}, io.EOF},
		{"no blank line at the end", "data: a\n\ndata: cut", []sse.Frame{frame("", "a")}, io.ErrUnexpectedEOF},
		{"one line end at the end", "data: a\n\nid: 7\ndata: cut\n", []sse.Frame{frame("", "a")}, io.ErrUnexpectedEOF},
		{"empty stream", "", nil, io.EOF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, src := range map[string]io.Reader{
				"whole": strings.NewReader(tt.stream), "bytewise": iotest.OneByteReader(strings.NewReader(tt.stream)),
			} {
				got, err := readAll(sse.NewReader(src, sse.ReaderOptions{}))
				if !errors.Is(err, tt.wantErr) {
					t.Errorf("%s: got error %v, want %v", name, err, tt.wantErr)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s: frames differ (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

func TestReader_Heartbeats(t *testing.T) {
	r := sse.NewReader(strings.NewReader("retry: 20\n\nid: 5\n\n: hb\n\nevent: x\n\ndata: a\n\n"), sse.ReaderOptions{Heartbeats: true})
	got, _ := readAll(r)
	want := []sse.Frame{{ID: "5"}, {ID: "5"}, frame("5", "a")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("frames differ (-want +got):\n%s", diff)
	}
	if d, ok := r.Retry(); d != 20*time.Millisecond || !ok {
		t.Errorf("got retry %v %v, want 20ms true", d, ok)
	}
}

func TestReader_IgnoresBadRetry(t *testing.T) {
	for _, v := range []string{"abc", "-1", "+1", "1.5", "", "99999999999999999999"} {
		r := sse.NewReader(strings.NewReader("retry: "+v+"\n\n"), sse.ReaderOptions{})
		_, _ = readAll(r)
		if d, ok := r.Retry(); ok {
			t.Errorf("retry %q: got %v, want none", v, d)
		}
	}
}

// An id whose frame was cut off must not be remembered: resuming from it would
// skip the event.
func TestReader_CutFrameDoesNotMoveID(t *testing.T) {
	r := sse.NewReader(strings.NewReader("id: 1\ndata: a\n\nid: 2\ndata: {\"bo"), sse.ReaderOptions{})
	_, _ = readAll(r)
	if got := r.LastID(); got != "1" {
		t.Errorf("got last id %q, want %q", got, "1")
	}
}

func TestReader_BoundsFrames(t *testing.T) {
	long := strings.Repeat("x", 100)
	for name, stream := range map[string]string{
		"data line": "data: " + long + "\n\n",
		"no end":    long,
		"comment":   ": " + long + "\n\n",
		"sum":       strings.Repeat("data: 0123456789\n", 10) + "\n",
		"newlines":  strings.Repeat("data\n", 200) + "\n",
	} {
		_, err := readAll(sse.NewReader(strings.NewReader(stream), sse.ReaderOptions{MaxFrame: 64}))
		if !errors.Is(err, sse.ErrTooLong) {
			t.Errorf("%s: got %v, want ErrTooLong", name, err)
		}
	}
}

func TestReader_PassesSourceErrors(t *testing.T) {
	broken := errors.New("broken")
	src := io.MultiReader(strings.NewReader("data: a\n\ndata: cut"), iotest.ErrReader(broken))
	got, err := readAll(sse.NewReader(src, sse.ReaderOptions{}))
	if !errors.Is(err, broken) || len(got) != 1 {
		t.Errorf("got %d frames and %v, want 1 and %v", len(got), err, broken)
	}
}

// A frame that ends with CR must be given at once, not when the next byte
// tells whether an LF follows.
func TestReader_DoesNotWaitBehindCR(t *testing.T) {
	pr, pw := io.Pipe()
	defer pw.Close()
	go func() { _, _ = pw.Write([]byte("data: a\r\r")) }()
	f, err := sse.NewReader(pr, sse.ReaderOptions{}).Next()
	if err != nil || string(f.Data) != "a" {
		t.Errorf("got %q, %v, want a", f.Data, err)
	}
}

func FuzzReader_RoundTrip(f *testing.F) {
	f.Add("9f2c51aa-1", []byte(`{"type":"message.new"}`))
	f.Add("", []byte("a\r\nb\rc\nd"))
	f.Add(" lead", []byte("\n\nid: 9\n\ndata: x"))
	f.Add("a\x00b", []byte("\xff\xfe\x00"))
	f.Add("x", []byte("\ufeff"))
	f.Fuzz(func(t *testing.T, id string, data []byte) {
		stream := sse.AppendHeartbeat(nil, "start")
		stream = sse.AppendFrame(stream, id, data)
		stream = sse.AppendFrame(stream, "end", []byte("end"))
		r := sse.NewReader(bytes.NewReader(stream), sse.ReaderOptions{MaxFrame: len(stream) + 1})
		got, err := readAll(r)
		if !errors.Is(err, io.EOF) || len(got) != 2 {
			t.Fatalf("got %d frames and %v, want 2 and EOF, of %q", len(got), err, stream)
		}
		wantID := id
		if !sse.ValidID(id) {
			wantID = "start"
		}
		norm := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data))
		if diff := cmp.Diff([]sse.Frame{frame(wantID, norm), frame("end", "end")}, got); diff != "" {
			t.Errorf("frames differ (-want +got):\n%s", diff)
		}
	})
}

// FuzzReader_Hostile: whatever the bytes and however they are cut into reads,
// the frames are the same, and nothing is longer than allowed.
func FuzzReader_Hostile(f *testing.F) {
	f.Add([]byte("id: 1\r\ndata: a\r\n\r\n\ufeff: x\rdata\r\r"))
	f.Add([]byte("\xef\xbb\xbfdata: x\n\nretry: 5\n\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		opts := sse.ReaderOptions{MaxFrame: 256, Heartbeats: true}
		whole, err1 := readAll(sse.NewReader(bytes.NewReader(stream), opts))
		cut, err2 := readAll(sse.NewReader(iotest.OneByteReader(bytes.NewReader(stream)), opts))
		if diff := cmp.Diff(whole, cut); diff != "" || !errors.Is(err2, errors.Unwrap(err1)) && err1.Error() != err2.Error() {
			t.Errorf("cut into bytes: errors %v and %v, frames differ:\n%s", err1, err2, diff)
		}
		for _, fr := range whole {
			if len(fr.Data) > 257 {
				t.Errorf("got data of %d bytes, want at most 257", len(fr.Data))
			}
		}
	})
}
