package event

import (
	"encoding/json"
	"time"
)

// EachMember calls f with every member of a JSON object, the name without its
// quotes, both as they are written. It takes only what needs no decoding:
// valid JSON without white space between tokens, in which < > & and the line
// separators of JavaScript are escaped, as json.Marshal writes it and payloads
// are stored. It reports false for everything else; f may have been called
// then.
func EachMember(object []byte, f func(name, value []byte)) bool {
	return eachMember(object, 0, 0, f) == len(object)
}

// maxDepth bounds how deep values may be nested.
const maxDepth = 1000

// eachMember returns the index behind the object at i, or -1.
func eachMember(b []byte, i, depth int, f func(name, value []byte)) int {
	if depth > maxDepth || i+1 >= len(b) || b[i] != '{' {
		return -1
	}
	if i++; b[i] == '}' {
		return i + 1
	}
	for {
		name := i
		if i = skipString(b, i); i < 0 || i >= len(b) || b[i] != ':' {
			return -1
		}
		value := i + 1
		end := skipValue(b, value, depth+1)
		if end < 0 || end >= len(b) {
			return -1
		}
		if f != nil {
			f(b[name+1:i-1], b[value:end])
		}
		i = end + 1
		switch b[end] {
		case ',':
		case '}':
			return i
		default:
			return -1
		}
	}
}

// skipValue returns the index behind the value at i, or -1.
func skipValue(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch c := b[i]; c {
	case '"':
		return skipString(b, i)
	case '{':
		return eachMember(b, i, depth, nil)
	case '[':
		return skipArray(b, i, depth)
	case 't':
		return skipWord(b, i, "true")
	case 'f':
		return skipWord(b, i, "false")
	case 'n':
		return skipWord(b, i, "null")
	default:
		return skipNumber(b, i)
	}
}

func skipWord(b []byte, i int, word string) int {
	if end := i + len(word); end <= len(b) && string(b[i:end]) == word {
		return end
	}
	return -1
}

func skipArray(b []byte, i, depth int) int {
	if depth > maxDepth || i+1 >= len(b) {
		return -1
	}
	if i++; b[i] == ']' {
		return i + 1
	}
	for {
		if i = skipValue(b, i, depth+1); i < 0 || i >= len(b) {
			return -1
		}
		i++
		switch b[i-1] {
		case ',':
		case ']':
			return i
		default:
			return -1
		}
	}
}

// plain are the bytes that stand for themselves in a string. The first byte of
// the line separators is not among them, since they must be escaped.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != 0xe2
	}
	return t
}()

// skipString returns the index behind the string at i, or -1.
func skipString(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	for i++; i < len(b); i++ {
		c := b[i]
		if plain[c] {
			continue
		}
		switch c {
		case '"':
			return i + 1
		case '\\':
			if i = skipEscape(b, i); i < 0 {
				return -1
			}
		case 0xe2:
			if i+2 < len(b) && b[i+1] == 0x80 && b[i+2]&^1 == 0xa8 {
				return -1
			}
		default:
			return -1
		}
	}
	return -1
}

// skipEscape returns the index of the last byte of the escape at i, or -1.
func skipEscape(b []byte, i int) int {
	if i++; i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i
	case 'u':
		if i+4 >= len(b) {
			return -1
		}
		for _, c := range b[i+1 : i+5] {
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return -1
			}
		}
		return i + 4
	}
	return -1
}

// skipNumber returns the index behind the number at i, or -1.
func skipNumber(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i = skipDigits(b, i); i < 0 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i = skipDigits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return skipDigits(b, i)
	}
	return i
}

// skipDigits returns the index behind at least one digit at i, or -1.
func skipDigits(b []byte, i int) int {
	from := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	if i == from {
		return -1
	}
	return i
}

// appendString appends s as a JSON string, as json.Marshal writes it.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; !plain[c] || c >= 0x7f { // what is not ASCII may not be UTF-8
			quoted, _ := json.Marshal(s) // a string always can be
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendOrNull appends s as a JSON string, and null for none.
func appendOrNull(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendString(b, s)
}

// appendTime appends t, which is UTC, in TimeFormat.
func appendTime(b []byte, t time.Time) []byte {
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(b, TimeFormat)
	}
	hour, minute, second := t.Clock()
	digits := func(n, width int) {
		for at := pow10[width-1]; at > 0; at /= 10 {
			b = append(b, byte('0'+n/at%10))
		}
	}
	digits(year, 4)
	b = append(b, '-')
	digits(int(month), 2)
	b = append(b, '-')
	digits(day, 2)
	b = append(b, 'T')
	digits(hour, 2)
	b = append(b, ':')
	digits(minute, 2)
	b = append(b, ':')
	digits(second, 2)
	b = append(b, '.')
	digits(t.Nanosecond()/1e6, 3)
	return append(b, 'Z')
}

var pow10 = [...]int{1, 10, 100, 1000}
