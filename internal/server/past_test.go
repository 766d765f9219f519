package server_test

import (
	"net/http"
	"strings"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
)

// told is what a stream tells, in words: ids of messages, and types of other
// frames; "-" is a heartbeat.
func told(frames []frame) string {
	var out []string
	for _, f := range frames {
		switch {
		case f.EntityID != "":
			out = append(out, f.EntityID)
		case f.Type == "":
			out = append(out, "-")
		default:
			out = append(out, string(f.Type))
		}
	}
	return strings.Join(out, " ")
}

func TestStream_LooksBack(t *testing.T) {
	r := start(t, server.Options{})
	for i := range int64(6) {
		r.src.Append(message(i+1), eventtest.Alice)
	}
	r.src.Append(message(7), eventtest.Bob)
	for _, tt := range []struct {
		name, query, header, want string
	}{
		{"the newest", "&last=2&follow=false", "", "- 5 6 stream.live"},
		{"none", "&last=0&follow=false", "", "- stream.live"},
		{"all", "&last=1000&follow=false", "", "- 1 2 3 4 5 6 stream.live"},
		{"up to a cursor", "&last=2&before=test1-3", "", "- 2 3 stream.live"},
		{"up to a cursor, though it follows", "&last=2&before=test1-3&follow=true", "", "- 2 3 stream.live"},
		{"before the first", "&last=2&before=test1-0", "", "- stream.live"},
		{"of those since then", "&last=2&since=2099-01-01T00:00:00Z&follow=false", "", "- stream.live"},
		{"a cursor wins", "&last=5&follow=false", "test1-4", "- 5 6 stream.live"},
		{"a cursor of another log", "&last=5&before=other-4", "", "stream.gap initial - stream.live"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var headers []string
			if tt.header != "" {
				headers = []string{"Last-Event-ID", tt.header}
			}
			if got := told(r.open(alice+tt.query, headers...).end()); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestStream_LooksBackAndGoesOn(t *testing.T) {
	r := start(t, server.Options{})
	for i := range int64(3) {
		r.src.Append(message(i+1), eventtest.Alice)
	}
	o := r.open(alice + "&last=2")
	if f := o.next(); f.sseID != "test1-1" {
		t.Errorf("got a first id of %s, want where the stream begins", f.sseID)
	}
	o.skip(event.StreamLive)
	r.src.Append(message(4), eventtest.Alice)
	if f := o.next(); f.EntityID != "4" {
		t.Errorf("got %s %s behind the newest, want 4", f.Type, f.EntityID)
	}
}

// blind is a source that can not look back.
type blind struct{ event.Source }

func TestStream_SaysThatItCanNotLookBack(t *testing.T) {
	r := start(t, server.Options{Source: blind{eventtest.NewSource()}})
	resp, body := r.getError("GET", alice+"&last=5")
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(body.Error.Message, "leave last") {
		t.Errorf("got %d %s, want what to do", resp.StatusCode, body.Error.Message)
	}
}
