package tui_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"cslack-stream/internal/tui"
)

var update = flag.Bool("update", false, "write the generated parts of the documentation")

// TestDocs_NameAllKeys fails when the table of keys is not that of the code;
// -update writes it.
func TestDocs_NameAllKeys(t *testing.T) {
	const file, begin, end = "../../docs/keys.md", "<!-- keys: begin -->\n", "<!-- keys: end -->"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(data), begin)
	got, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s has no place for the keys", file)
	}
	var want strings.Builder
	group := ""
	for _, c := range tui.Commands() {
		if c.Group != group {
			group = c.Group
			fmt.Fprintf(&want, "\n| %s | | |\n|---|---|---|\n", strings.ToLower(group))
		}
		fmt.Fprintf(&want, "| %s | %s | `%s` |\n", "`"+strings.Join(c.Keys, "` `")+"`", c.Does, c.Name)
	}
	want.WriteString("\n")
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+want.String()+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want.String() {
		t.Errorf("%s is not what the code says: run go test ./internal/tui -run TestDocs -update", file)
	}
}
