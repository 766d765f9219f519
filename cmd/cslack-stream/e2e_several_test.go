//go:build unix

package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestTail_SeveralAreTheSameEverywhere: through a server and directly, two
// agents in one stream get each event once, with who of them could see it at
// that moment.
func TestTail_SeveralAreTheSameEverywhere(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	w.Exec(`INSERT INTO agents(name,project_id) VALUES('carol','p')`,
		`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('secret','channel','private','global','secret')`,
		`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('secret','bob','p'),('secret','carol','p')`)
	post := func(channel, text string) {
		w.Exec(`INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('` + channel + `','bob','p','` + text + `')`)
	}
	post("global:general", "both")
	post("secret", "bobs")
	w.Exec(`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('secret','alice','p')`)
	post("secret", "both again")
	w.Exec(`DELETE FROM channel_members WHERE agent_name='bob'`)
	post("secret", "alices")
	post("global:general", "alices too")
	w.Exec(`DELETE FROM channel_members WHERE agent_name='alice'`)
	post("secret", "carols")
	s.open(operatorQuery, s.beginning()).untilText("carols")

	want := []string{"both alice@webapp,bob@webapp", "bobs bob@webapp", "both again alice@webapp,bob@webapp", "alices alice@webapp", "alices too alice@webapp"}
	var outputs []string
	for _, from := range [][]string{{"--server", s.url}, {"--db", sc.db}} {
		c := sc.run(append([]string{"tail", "alice", "-a", "bob", "--all", "--no-follow", "-o", "json", "--type", "message.new"}, from...)...)
		if code := c.exitCode(); code != 0 {
			t.Fatalf("%v: got exit code %v; stderr:\n%s", from, code, c.err)
		}
		var got []string
		for _, l := range c.out.lines() {
			var e struct {
				Type   string
				Text   string
				SeenBy []string `json:"seen_by"`
			}
			if err := json.Unmarshal([]byte(l), &e); err != nil {
				t.Fatalf("%v: %v in %s", from, err, l)
			}
			if e.Type == "message.new" {
				got = append(got, e.Text+" "+strings.Join(e.SeenBy, ","))
			}
		}
		compare(t, strings.Join(from, " "), want, got)
		outputs = append(outputs, c.out.String())
	}
	if outputs[0] != outputs[1] {
		t.Errorf("got other lines through the server than directly:\n%s\n%s", outputs[0], outputs[1])
	}
}
