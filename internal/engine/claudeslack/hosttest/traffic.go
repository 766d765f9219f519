package hosttest

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Transaction is one line of recorded traffic of the real host: the SQL of
// one write transaction and the events that it must make.
type Transaction struct {
	N         int        `json:"n"`
	Action    string     `json:"action"`
	Cause     string     `json:"cause"`
	SQL       []string   `json:"sql"`
	Expect    []Expected `json:"expect"`
	Synthetic bool       `json:"synthetic"`
	Error     any        `json:"error"`
}

// Expected is an event that a transaction must make.
type Expected struct {
	Type       string   `json:"type"`
	Recipients []string `json:"recipients"`
	Optional   bool     `json:"optional"`
	Why        string   `json:"why"`

	MessageID      int64   `json:"message_id"`
	ChannelID      string  `json:"channel_id"`
	AgentName      string  `json:"agent_name"`
	AgentProjectID *string `json:"agent_project_id"`
	ProjectA       string  `json:"project_a_id"`
	ProjectB       string  `json:"project_b_id"`
	SyncID         int64   `json:"sync_id"`
	RecipientID    string  `json:"recipient_id"`
}

// Traffic reads a recording, such as "traffic-v4.1.jsonl", and copies the
// database that it starts from. The test is skipped where recordings are not
// at hand.
func Traffic(t testing.TB, generation string) (path string, transactions []Transaction) {
	t.Helper()
	dir := fixtures(t)
	path = filepath.Join(t.TempDir(), "claude-slack.db")
	copyFile(t, filepath.Join(dir, "empty-"+generation+".db"), path)
	f, err := os.Open(filepath.Join(dir, "traffic-"+generation+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, 16<<20)
	for scan.Scan() {
		var x Transaction
		if err := json.Unmarshal(scan.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		for i, statement := range x.SQL {
			// A read before the first write would make SQLite refuse at once
			// whenever somebody else commits in between.
			if statement == "BEGIN" {
				x.SQL[i] = "BEGIN IMMEDIATE"
			}
		}
		transactions = append(transactions, x)
	}
	if err := scan.Err(); err != nil {
		t.Fatal(err)
	}
	return path, transactions
}

// Populated copies a recorded database with content, skipping the test where
// there is none at hand.
func Populated(t testing.TB, generation string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "claude-slack.db")
	copyFile(t, filepath.Join(fixtures(t), "populated-"+generation+".db"), path)
	return path
}

// fixtures finds the recordings: where CSLACK_FIXTURES says, or beside the
// checkout.
func fixtures(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CSLACK_FIXTURES")
	for up := ".."; dir == "" && len(up) < 40; up += "/.." {
		if _, err := os.Stat(filepath.Join(up, "go.mod")); err == nil {
			dir = filepath.Join(up, "..", "shared", "fixtures")
		}
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("recorded traffic is not at hand (set CSLACK_FIXTURES)")
	}
	return dir
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = io.Copy(out, in); err == nil {
		err = out.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
