package event

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Cursor is a position in a log that a reader can resume from: everything up
// to and including Offset has been seen. The zero Cursor stands before the
// oldest event of whatever log it is given to; a Cursor with an epoch and
// offset 0 stands before the first event of that epoch.
type Cursor struct {
	// Epoch names the incarnation of the log: letters and digits only.
	Epoch string
	// Offset is the number of the last event seen. Offsets mean nothing but
	// order: they may have holes.
	Offset int64
}

// IsZero reports whether c stands before the oldest event of any log.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// String returns "epoch-offset", the form used as id on every transport, or
// the empty string for the zero Cursor.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return string(c.append(nil))
}

func (c Cursor) append(b []byte) []byte {
	b = append(b, c.Epoch...)
	b = append(b, '-')
	return strconv.AppendInt(b, c.Offset, 10)
}

// AppendText appends the form of [Cursor.String] to b without allocating for
// it. The error is always nil.
func (c Cursor) AppendText(b []byte) ([]byte, error) {
	if c.IsZero() {
		return b, nil
	}
	return c.append(b), nil
}

// maxEpoch bounds what ParseCursor takes from strangers.
const maxEpoch = 64

// ParseCursor reads the form that [Cursor.String] writes. The empty string is
// the zero Cursor.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	epoch, digits, ok := strings.Cut(s, "-")
	if !ok || epoch == "" || len(epoch) > maxEpoch || !alphanumeric(epoch) || !allDigits(digits) {
		return Cursor{}, fmt.Errorf("parse cursor %q: want EPOCH-OFFSET as an event's id shows it, for example 9f2c51aa-1042", clip(s))
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return Cursor{}, fmt.Errorf("parse cursor %q: the offset is out of range", clip(s))
	}
	return Cursor{Epoch: epoch, Offset: n}, nil
}

// MarshalText writes the form of [Cursor.String].
func (c Cursor) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the form of [ParseCursor].
func (c *Cursor) UnmarshalText(b []byte) error {
	v, err := ParseCursor(string(b))
	if err != nil {
		return err
	}
	*c = v
	return nil
}

func alphanumeric(s string) bool {
	for i := range len(s) {
		switch b := s[i]; {
		case b >= '0' && b <= '9', b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z':
		default:
			return false
		}
	}
	return true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && (s == "0" || s[0] != '0')
}

// clip shortens hostile input for an error message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

// NewEpoch returns the random name of a new incarnation of a log.
func NewEpoch() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
