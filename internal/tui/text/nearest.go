package text

import (
	"slices"
	"strings"
)

// maxCompared bounds the work that a hostile name can cause.
const maxCompared = 64

// Nearest returns those of the candidates that word could be a slip of, the
// nearest first, at most limit of them. Upper and lower case are the same.
func Nearest(word string, candidates []string, limit int) []string {
	type scored struct {
		name     string
		distance int
	}
	var found []scored
	w := comparable(word)
	for _, c := range candidates {
		k := comparable(c)
		d := distance(w, k)
		// A beginning of three letters is as good as a slip of one.
		if len(w) >= 3 && len(k) > len(w) && slices.Equal(k[:len(w)], w) {
			d = min(d, 1)
		}
		if d <= max(1, min(len(w), len(k))/3) && d < max(len(w), len(k)) {
			found = append(found, scored{c, d})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return a.distance - b.distance })
	var out []string
	for _, f := range found[:min(limit, len(found))] {
		out = append(out, f.name)
	}
	return out
}

func comparable(s string) []rune {
	r := []rune(strings.ToLower(s))
	return r[:min(len(r), maxCompared)]
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
