package text

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// EscapeJSON returns the JSON text b with every character that a terminal
// could obey, or that reorders text, written as \uXXXX: DEL, C1 controls,
// bidirectional controls, U+2028 and U+2029, the byte order mark. It decodes
// to the same value. Bytes that are not UTF-8 become \ufffd, as decoders read
// them. b must be valid JSON; it is returned itself if nothing is to be done.
func EscapeJSON(b []byte) []byte {
	i := hostileIn(b)
	if i == len(b) {
		return b
	}
	out := make([]byte, 0, len(b)+32)
	for len(b) > 0 {
		out = append(out, b[:i]...)
		if b = b[i:]; len(b) == 0 {
			break
		}
		r, size := utf8.DecodeRune(b)
		out = fmt.Appendf(out, `\u%04x`, r)
		b = b[size:]
		i = hostileIn(b)
	}
	return out
}

// hostileIn returns the index of the first character of b that must be
// escaped, or len(b). Such a character stands inside a JSON string: outside of
// strings JSON has ASCII only.
func hostileIn(b []byte) int {
	for i := 0; i < len(b); {
		// Eight bytes at a time, as long as all of them are below DEL.
		for ; i+8 <= len(b); i += 8 {
			if w := binary.LittleEndian.Uint64(b[i:]); (w|(w+0x0101010101010101))&0x8080808080808080 != 0 {
				break
			}
		}
		if i == len(b) {
			break
		}
		if b[i] < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if r <= 0x9f || reorders(r) || r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(b)
}
