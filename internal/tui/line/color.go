package line

import (
	"hash/fnv"
	"strconv"
)

// palette are the ANSI colours that names get. Red is for errors only; black,
// white and the greys may be the background.
var palette = [...]int{2, 3, 4, 5, 6, 10, 12, 13, 14}

// ColorOf returns the ANSI colour, 0 to 15, of an agent's address: always the
// same for the same address, never red.
func ColorOf(address string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(address))
	return palette[h.Sum32()%uint32(len(palette))]
}

const (
	sgrFaint   = "\x1b[2m"
	sgrReverse = "\x1b[7m"
	sgrReset   = "\x1b[0m"
	sgrEnd     = "\x1b[27m" // ends reverse only
)

// colored returns s in one of the 16 ANSI colours.
func colored(s string, color int) string {
	if s == "" {
		return ""
	}
	base := 30 + color
	if color >= 8 {
		base = 90 + color - 8
	}
	return "\x1b[" + strconv.Itoa(base) + "m" + s + sgrReset
}
