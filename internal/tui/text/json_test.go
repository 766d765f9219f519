package text_test

import (
	"encoding/json"
	"testing"

	"cslack-stream/internal/tui/text"

	"github.com/google/go-cmp/cmp"
)

func TestEscapeJSON_EscapesWhatTerminalsObey(t *testing.T) {
	in := "{\"a\":\"x\x7f\u009b31m\u202e\u2066\u2028\ufeff\u061c日\",\"b\":1}"
	want := `{"a":"x\u007f\u009b31m\u202e\u2066\u2028\ufeff\u061c日","b":1}`
	if got := string(text.EscapeJSON([]byte(in))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEscapeJSON_CopiesNothingThatIsClean(t *testing.T) {
	in := []byte(`{"a":"日本語 🎉 \u001b"}`)
	if got := text.EscapeJSON(in); &got[0] != &in[0] {
		t.Errorf("got a copy, want the same bytes")
	}
}

func FuzzEscapeJSON(f *testing.F) {
	f.Add("x\x7f\u009b\u202e\ufeff", "k\u2028")
	f.Add("\xff\x9b", "")
	f.Fuzz(func(t *testing.T, value, key string) {
		in, err := json.Marshal(map[string]any{key: value, "n": []any{1, nil, true, value}})
		if err != nil {
			t.Skip()
		}
		out := text.EscapeJSON(append([]byte(nil), in...))
		harmless(t, string(out), false)
		var got, want any
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("escaped %q: %v", out, err)
		}
		if err := json.Unmarshal(in, &want); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("decoded value differs (-want +got):\n%s", d)
		}
		// Raw bytes that are not UTF-8 must not come through either.
		if raw := []byte(`"` + value + `"`); json.Valid(raw) {
			harmless(t, string(text.EscapeJSON(raw)), false)
		}
	})
}
