package query

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzTerm wants the very value back from what is typed for it.
func FuzzTerm(f *testing.F) {
	for _, s := range []string{
		"bob", "bob@webapp", "#dev", "two words", `a "quoted" one`, `back\slash`, `\"`, `"`, ",", "a,b", "-x", "/re/", "x:y", "http://x",
		"\u00a0", "\u2028", "日本語", "a\\", `\ `, "::", "@",
	} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, value string, negated bool) {
		if value == "" || !utf8.ValidString(value) {
			return
		}
		typed := "before " + Term("from", value, negated) + " behind"
		tokens, err := scan(typed)
		if err != nil {
			t.Fatalf("%q of %q: %v", typed, value, err)
		}
		if len(tokens) != 3 {
			t.Fatalf("%q of %q: got %d terms, want 3", typed, value, len(tokens))
		}
		got := tokens[1]
		if got.field != "from" || got.negated != negated || len(got.values) != 1 || got.values[0].text != value {
			t.Errorf("%q: got %+v, want the value %q", typed, got, value)
		}
	})
}

func TestQuery_Values(t *testing.T) {
	q, err := Parse(`from:bob,"two words" -from:carol in:#dev word FROM:dave`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(q.Values("from"), "|"), "bob|two words|dave"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var none *Query
	if got := none.Values("from"); got != nil {
		t.Errorf("got %v of no query, want none", got)
	}
}

func TestQuery_And(t *testing.T) {
	parse := func(s string) *Query {
		q, err := Parse(s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	var none *Query
	for _, tt := range []struct {
		q, other *Query
		want     string
	}{
		{none, parse("in:#dev"), "in:#dev"},
		{parse(" "), parse("in:#dev"), "in:#dev"},
		{parse("in:#dev"), none, "in:#dev"},
		{parse(" in:#dev "), parse("-from:bob"), "in:#dev -from:bob"},
	} {
		got := tt.q.And(tt.other)
		if got.String() != tt.want || len(got.terms) != len(parse(tt.want).terms) {
			t.Errorf("got %q with %d terms, want %q", got, len(got.terms), tt.want)
		}
	}
	if !parse("x").And(parse("is:waiting")).NeedsWaiting() {
		t.Error("got a query that forgot that it needs waiting")
	}
}
