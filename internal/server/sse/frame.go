// Package sse writes and reads the format of server-sent events
// (text/event-stream, as the WHATWG HTML standard defines it).
//
// What it promises: no byte of an id or of data can end a frame or make a
// field of its own, and a frame that was cut off is never read as a whole one.
//
// The package depends on the standard library only.
package sse

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// ContentType is the media type of an event stream.
const ContentType = "text/event-stream"

// AppendFrame appends one frame to dst: the id, if it is not empty, and data.
// Line breaks in data begin another data line, which readers join again with
// LF. An id that is not a [ValidID] is left out: such a frame does not move
// the reader's place, and can not inject anything.
func AppendFrame(dst []byte, id string, data []byte) []byte {
	dst = appendID(dst, id)
	for {
		i := lineBreak(data)
		if i < 0 {
			break
		}
		dst = appendData(dst, data[:i])
		if data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n' {
			i++
		}
		data = data[i+1:]
	}
	dst = appendData(dst, data)
	return append(dst, '\n')
}

// AppendHeartbeat appends a frame without data: readers take over the id as
// their place and see no event. Without a valid id it is a comment, which
// proxies see and readers ignore.
func AppendHeartbeat(dst []byte, id string) []byte {
	n := len(dst)
	if dst = appendID(dst, id); len(dst) == n {
		dst = append(dst, ":\n"...)
	}
	return append(dst, '\n')
}

// AppendRetry appends a frame that tells readers how long to wait before they
// connect again, in whole milliseconds.
func AppendRetry(dst []byte, wait time.Duration) []byte {
	dst = append(dst, "retry: "...)
	dst = strconv.AppendInt(dst, max(0, wait.Milliseconds()), 10)
	return append(dst, "\n\n"...)
}

// ValidID reports whether id can be written: it is not empty and holds no CR,
// LF or NUL.
func ValidID(id string) bool {
	return id != "" && !strings.ContainsAny(id, "\r\n\x00")
}

func appendID(dst []byte, id string) []byte {
	if !ValidID(id) {
		return dst
	}
	dst = append(dst, "id: "...)
	dst = append(dst, id...)
	return append(dst, '\n')
}

func appendData(dst, line []byte) []byte {
	dst = append(dst, "data: "...)
	dst = append(dst, line...)
	return append(dst, '\n')
}

// lineBreak returns the index of the first CR or LF, or -1. Two searches for a
// byte are many times faster than one for either of two.
func lineBreak(b []byte) int {
	lf := bytes.IndexByte(b, '\n')
	if lf >= 0 {
		b = b[:lf]
	}
	if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
		return cr
	}
	return lf
}
