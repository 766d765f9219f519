package main

// scene is one picture.
type scene struct {
	name, title    string
	args           []string // of the program; words for a shell
	columns, lines int
	// ready is what the program shows before anything happens; then live is
	// said, and when it has been seen, keys are pressed, each after the text
	// before it has been seen.
	ready string
	live  []message
	// checks are who read its messages before that.
	checks []check
	keys   []press
	until  string
}

// press is a key as tmux names it, and what is seen after it.
type press struct{ key, seen string }

// scenes are all pictures.
var scenes = []scene{
	{
		name: "watch", title: "watch: what alice sees, and one message in full",
		args: []string{"watch", "alice", "-n", "24"}, columns: 120, lines: 30,
		checks: checks, ready: "● live (direct)", live: live, until: "Then 4.2",
		keys: []press{{"Up", "PAUSED"}, {"Up", "PAUSED"}, {"Enter", "got it:"}},
	},
	{
		name: "picker", title: "watch asks which agent to look through",
		args: []string{"watch"}, columns: 100, lines: 14,
		ready: "Watch which agent?", until: "everything",
	},
	{
		name: "replay", title: "replay: what alice saw until 14:17, and when how much happened",
		args: []string{"replay", "--agent", "alice", "--at", "14:16"}, columns: 120, lines: 24,
		ready: "PAUSED   10x", until: "14:16:00",
		keys: []press{{"Right", "state at 14:17:00"}},
	},
	{
		name: "matrix", title: "who sees what: every message, and every agent",
		args: []string{"watch", "alice"}, columns: 120, lines: 30,
		checks: checks, ready: "● live (direct)", live: live, until: "release",
		keys: []press{{"v", "Then 4.2 is out"}, {"Up", "▌14:32:0"}, {"Up", "● live (direct)"}},
	},
	{
		name: "tail", title: "tail: lines for the scrollback, and the state of the stream below",
		args: []string{"tail", "alice", "-n", "11"}, columns: 100, lines: 16,
		ready: "● live", live: live, until: "0.3/s",
	},
}
