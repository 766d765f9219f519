package event

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// FuzzEncode: whatever an event holds, its wire form is what json.Marshal
// makes of the same object, and a payload that is not JSON is refused.
func FuzzEncode(f *testing.F) {
	for _, payload := range []string{
		`{}`, `{"a":1}`, `{"a":[1,-2.5e+3,{"b":null}],"c":"<\u003c\"x\""}`, "{\"a\":\"\u2028\u00e9\u20ac\"}", `{ "a" : 1 }`, `{"a":01}`, `{"a"}`, `{"a":"`, `[1]`, `null`, ``,
		`{"a":"\u12"}`, `{"a":tru}`, `{"a":1,}`, `{"a":"&"}`, "{\"a\":\"\xff\"}", "{\"a\":\"\t\"}", `{"":-}`, `{"a":1.}`, `{"a":[]}`, `{"a":[1,]}`,
	} {
		f.Add("message.new", "entity", "1", "al:p", "global:general", []byte(payload), false)
	}
	f.Add("ty\"pe", "é\xff", "<a>\u2028", "", "", []byte(`{}`), true)
	f.Fuzz(func(t *testing.T, typ, entity, id, name, channel string, payload []byte, backfilled bool) {
		e := Event{
			Cursor: Cursor{Epoch: "e1", Offset: 7}, Type: Type(typ), EntityType: entity, EntityID: id, Agent: Agent{Name: name},
			Channel: channel, Payload: payload, Backfilled: backfilled, CreatedAt: time.UnixMilli(1767366245123),
		}
		err := e.Encode()
		orNull := func(s string) *string {
			if s == "" {
				return nil
			}
			return &s
		}
		w := wire{
			Type: e.Type, ID: e.Cursor, Timestamp: e.CreatedAt.UTC().Format(TimeFormat), EntityType: entity, EntityID: id,
			ChannelID: orNull(channel), Backfilled: backfilled, Data: payload,
		}
		if name != "" {
			w.AgentID = orNull(e.Agent.String())
		}
		want, wantErr := json.Marshal(w)
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(e.Wire, want) {
			t.Errorf("got %s and %v, want %s and %v", e.Wire, err, want, wantErr)
		}
	})
}

// FuzzEachMember: what it takes is what json.Marshal would leave as it is, and
// its members are those of the object.
func FuzzEachMember(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":[true,false,null],"c":{"d":"x"},"a":"again"}`))
	f.Fuzz(func(t *testing.T, object []byte) {
		got := make(map[string]json.RawMessage)
		if !EachMember(object, func(name, value []byte) {
			var key string
			if json.Unmarshal(append(append([]byte{'"'}, name...), '"'), &key) == nil {
				got[key] = bytes.Clone(value)
			}
		}) {
			return
		}
		again, err := json.Marshal(json.RawMessage(object))
		if err != nil || !bytes.Equal(again, object) {
			t.Fatalf("took %q, which json.Marshal writes as %q (%v)", object, again, err)
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(object, &want); err != nil || len(want) != len(got) {
			t.Fatalf("got members %q, want %q (%v)", got, want, err)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	e := Event{
		Cursor: Cursor{Epoch: "9f2c51aa", Offset: 1042}, Type: MessageNew, EntityType: "message", EntityID: "977", Channel: "global:general", CreatedAt: time.Now(),
		Payload: []byte(`{"id":977,"channel_id":"global:general","channel_name":"general","content":"0123456789012345678901234567890123456789012345678901234567890123456789","metadata":{"a":[1,2]}}`),
	}
	for b.Loop() {
		if err := e.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAppendTime(t *testing.T) {
	for _, when := range []time.Time{{}, time.UnixMilli(0), time.UnixMilli(1767366245123), time.Unix(1e10, 999_999_999), time.Date(9999, 12, 31, 23, 59, 59, 1e6, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if got, want := string(appendTime(nil, when.UTC())), when.UTC().Format(TimeFormat); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
