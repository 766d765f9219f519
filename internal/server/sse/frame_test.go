package sse_test

import (
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/server/sse"
)

func TestAppendFrame_Forms(t *testing.T) {
	tests := []struct {
		name, id, data, want string
	}{
		{"id and data", "e-1", `{"a":1}`, "id: e-1\ndata: {\"a\":1}\n\n"},
		{"no id", "", "x", "data: x\n\n"},
		{"empty data", "e-1", "", "id: e-1\ndata: \n\n"},
		{"LF splits", "e-1", "a\nb", "id: e-1\ndata: a\ndata: b\n\n"},
		{"CR splits", "e-1", "a\rb", "id: e-1\ndata: a\ndata: b\n\n"},
		{"CRLF is one break", "e-1", "a\r\nb", "id: e-1\ndata: a\ndata: b\n\n"},
		{"break at the end", "e-1", "a\n", "id: e-1\ndata: a\ndata: \n\n"},
		{"no field can be injected", "e-1", "x\n\nid: 9\nevent: y", "id: e-1\ndata: x\ndata: \ndata: id: 9\ndata: event: y\n\n"},
		{"id with LF is left out", "e\n-1", "x", "data: x\n\n"},
		{"id with CR is left out", "e\r-1", "x", "data: x\n\n"},
		{"id with NUL is left out", "e\x00-1", "x", "data: x\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(sse.AppendFrame(nil, tt.id, []byte(tt.data))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAppendFrame_KeepsWhatIsThere(t *testing.T) {
	got := string(sse.AppendFrame(sse.AppendRetry(nil, time.Second), "e-1", []byte("x")))
	if want := "retry: 1000\n\nid: e-1\ndata: x\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAppendHeartbeat_Forms(t *testing.T) {
	for id, want := range map[string]string{
		"e-1": "id: e-1\n\n", "": ":\n\n", "a\nb": ":\n\n",
	} {
		if got := string(sse.AppendHeartbeat(nil, id)); got != want {
			t.Errorf("AppendHeartbeat(%q): got %q, want %q", id, got, want)
		}
	}
}

func TestAppendRetry_Milliseconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		1500 * time.Millisecond: "retry: 1500\n\n", -time.Second: "retry: 0\n\n", 10 * time.Microsecond: "retry: 0\n\n",
	} {
		if got := string(sse.AppendRetry(nil, d)); got != want {
			t.Errorf("AppendRetry(%v): got %q, want %q", d, got, want)
		}
	}
}

// BenchmarkAppendFrame should not allocate and take well under 100 ns.
func BenchmarkAppendFrame(b *testing.B) {
	data := []byte(`{"type":"message.new","data":{"content":"` + strings.Repeat("x", 300) + `"}}`)
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = sse.AppendFrame(buf[:0], "9f2c51aa-1042", data)
	}
}
