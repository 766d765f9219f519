package query

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"cslack-stream/internal/tui/line"
)

// comparison is an operator and a number.
type comparison struct {
	op string
	n  float64
}

// parseComparison reads "0.8", ">0.8", "<=3".
func parseComparison(s string) (comparison, bool) {
	c := comparison{op: "="}
	for _, op := range []string{">=", "<=", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(s, op); ok {
			c.op, s = op, rest
			break
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	c.n = n
	return c, err == nil && !math.IsNaN(n)
}

func (c comparison) holds(n float64) bool {
	switch c.op {
	case ">":
		return n > c.n
	case ">=":
		return n >= c.n
	case "<":
		return n < c.n
	case "<=":
		return n <= c.n
	}
	return n == c.n
}

// compileMeta looks a value up in the metadata of messages. A list holds what
// any of its elements is.
func compileMeta(t token, v val, _ Options) (matcher, error) {
	path := strings.Split(t.path, ".")
	if slices.Contains(path, "") {
		return nil, fail(t.source, t.at, "meta.%s: has an empty key, want one as in meta.priority:high", t.path)
	}
	wanted := func(found any) bool { return equals(found, v.text) }
	if c, ok := parseComparison(v.text); ok && strings.ContainsAny(v.text[:1], "<>") {
		wanted = func(found any) bool { n, ok := found.(float64); return ok && c.holds(n) }
	}
	return func(r *line.Record) bool {
		m := r.Details()
		if m == nil {
			return false
		}
		var metadata any
		if json.Unmarshal(m.Metadata, &metadata) != nil {
			return false
		}
		found, ok := lookUp(metadata, path)
		if !ok {
			return false
		}
		if list, ok := found.([]any); ok && v.text != "*" {
			return slices.ContainsFunc(list, wanted)
		}
		return v.text == "*" || wanted(found)
	}, nil
}

// lookUp follows path into a decoded JSON value.
func lookUp(v any, path []string) (any, bool) {
	for _, key := range path {
		switch in := v.(type) {
		case map[string]any:
			next, ok := in[key]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(in) {
				return nil, false
			}
			v = in[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// equals compares a decoded JSON value with what a user typed.
func equals(found any, typed string) bool {
	switch f := found.(type) {
	case string:
		return strings.EqualFold(f, typed)
	case bool:
		return strconv.FormatBool(f) == strings.ToLower(typed)
	case float64:
		n, err := strconv.ParseFloat(typed, 64)
		return err == nil && n == f
	case nil:
		return typed == "null"
	}
	return false
}
