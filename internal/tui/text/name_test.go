package text_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cslack-stream/internal/tui/text"
)

func TestName_ShowsWhatIsNotSeen(t *testing.T) {
	tests := map[string]string{
		"alice@webapp":          "alice@webapp",
		"日本語 é":                 "日本語 é",
		"bob\x1b[2J":            `bob\x1b[2J`,
		"\x1b[31mbob\x1b[0m":    `\x1b[31mbob\x1b[0m`,
		"bob\u202e":             `bob\u202e`,
		"bob\u2066":             `bob\u2066`,
		"b\u200bob":             `b\u200bob`,
		"b\u00adob":             `b\u00adob`,
		"bob\ufe0f":             `bob\ufe0f`,
		"⚠️ ops ☁️❤️":           "⚠️ ops ☁️❤️",
		"👩🏽\u200d💻🏳️\u200d🌈":    "👩🏽\u200d💻🏳️\u200d🌈",
		"🤷\u200d♂️ müller":      "🤷\u200d♂️ müller",
		"محمد שרה e\u0301":      "محمد שרה e\u0301",
		"👩\u200d":               `👩\u200d`,
		"👩\u200dx":              `👩\u200dx`,
		"👍\ufe0f":               `👍\ufe0f`,
		"a\ufe0f\u200d💻":        `a\ufe0f\u200d💻`,
		"☁️\ufe0f":              `☁️\ufe0f`,
		"+\ufe0f\u200d":         `+\ufe0f\u200d`,
		"bob\u3164":             `bob\u3164`,
		"bob\u00a0x":            `bob\u00a0x`,
		"bob\U000e0041":         `bob\U000e0041`,
		"bob\n\tx\r":            `bob\x0a\x09x\x0d`,
		"a\u009bb":              `a\u009bb`,
		"a\x9bb\xff":            `a\x9bb\xff`,
		"bob ":                  `bob\x20`,
		" bob smith":            `\x20bob smith`,
		`C:\projects\web`:       `C:\projects\web`,
		`bob\x1b`:               `bob\\x1b`,
		"C:\\web\x1b":           `C:\\web\x1b`,
		"\u202a":                `\u202a`,
		"":                      "",
		"\uFFFD":                "\uFFFD",
		strings.Repeat("n", 99): strings.Repeat("n", 99),
	}
	for in, want := range tests {
		if got := text.Name(in); got != want {
			t.Errorf("Name(%q): got %q, want %q", in, got, want)
		}
	}
	if got := text.Name(strings.Repeat("\u202e", 1000)); len(got) > text.MaxName || !strings.HasSuffix(got, `\u202e…`) {
		t.Errorf("long name: got %d bytes, want at most %d that end with a whole character and an ellipsis", len(got), text.MaxName)
	}
}

func TestWordsAndCell_DifferWhereTheyAreShown(t *testing.T) {
	in := "added by b\u200d\u202e:\n\t C:\\x ☁️👩\u200d💻 "
	if got, want := text.Words(in), "added by b\\u200d\\u202e:\n\\x09 C:\\\\x ☁️👩\u200d💻 "; got != want {
		t.Errorf("Words: got %q, want %q", got, want)
	}
	if got, want := text.Cell(in), `added by b\u200d\u202e:\n\t C:\\x ☁️`+"👩\u200d💻 "; got != want {
		t.Errorf("Cell: got %q, want %q", got, want)
	}
}

// read is what a reader takes a shown name for.
func read(t *testing.T, shown string) string {
	t.Helper()
	if !regexp.MustCompile(`\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})`).MatchString(shown) {
		return shown
	}
	s, err := strconv.Unquote(`"` + strings.ReplaceAll(shown, `"`, `\"`) + `"`)
	if err != nil {
		t.Fatalf("read %q: %v", shown, err)
	}
	return s
}

// FuzzName asks whether every name can be told from how it is shown, so that
// no two look the same.
func FuzzName(f *testing.F) {
	for _, s := range []string{"", "bob", "\x1b[31mbob", `\x1b`, `\\x1b`, "\\\x1b", " b ", "\u202e\xff\u009b", "a\\u00e9", "👩\u200d👩☁️", "\\\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := text.Name(s)
		harmless(t, name, false)
		if text.Line(name) != name {
			t.Fatalf("Line(Name(%q)): got %q, want %q", s, text.Line(name), name)
		}
		if len(name) > text.MaxName {
			t.Fatalf("Name: got %d bytes, want at most %d", len(name), text.MaxName)
		}
		if strings.HasSuffix(name, "…") {
			return // perhaps cut
		}
		if got := read(t, name); got != s {
			t.Fatalf("Name(%q): got %q, which reads %q", s, name, got)
		}
	})
}
