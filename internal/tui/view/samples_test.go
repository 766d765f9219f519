package view_test

import (
	"strings"

	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"
)

// sample is a full screen while following.
func sample() view.Screen {
	said := func(time, where, who string, color int, said, flag string) view.Row {
		return view.Row{Time: time, Where: where, Who: who, WhoColor: color, Text: said, Flag: flag}
	}
	return view.Screen{
		Theme: view.Theme{},
		Header: view.Header{
			Who: "alice@webapp", State: view.Good, Word: "live",
			Rates: []float64{0, 1, .5, 2, 5, 1, .5, 0, 0}, Rate: "1.8/s", Latency: "lag 38ms", Gaps: "1 gap", Clock: "14:32:07",
		},
		News: "NEW", Channels: view.Hint{Key: "c", Does: "channels"},
		Tabs: []view.Tab{
			{Name: "ALL", Chosen: true},
			{Name: "#dev", Count: 4},
			{Name: "#incidents", Count: 1, Urgent: true},
			{Name: "@bob", Count: 1},
			{Name: "#general"},
			{Name: "~notes"},
		},
		Agents: []view.Present{
			{Name: "alice", Did: "checked 2m", Active: true, Waiting: 6},
			{Name: "bob", Did: "active 9s", Active: true},
			{Name: "erin-the-tester", Did: "joined 2m", Waiting: 12},
		},
		Session: []string{"412 events", "1 gap"},
		Columns: view.Columns{Time: 8, Where: 10, Who: 6},
		List: []view.Row{
			{Kind: view.DayRule, Text: "Sat 23 Nov 2024"},
			{Time: "14:27:40", Where: "#general", Who: "system", Text: "project webapp linked with api", Quiet: true},
			said("14:28:51", "#dev", "bob", 2, "merging feat/parser, CI is green", ""),
			said("14:29:12", "@bob", "alice", 5, "ok, I take src/worker.py, you keep tests/", "sent"),
			said("14:29:30", "~notes", "alice", 5, "decision: keep WAL, busy_timeout 5s", "c.90"),
			said("14:30:02", "#dev", "bob", 2, "@alice can you review src/worker.py:45-80? It is the part that swallows errors when the queue is full.", "@"),
			said("14:30:05", "#incidents", "dave", 6, "prod 500s on /api/login since 14:29", "!"),
			{Time: "14:30:09", Where: "#dev", Who: "+ erin", Text: "joined (added by bob)", Quiet: true},
			said("14:30:55", "#dev", "carol", 4, "日本語のエラーメッセージも直しました 🎉\nzweite Zeile", ""),
			{Kind: view.GapRule, Text: "gap: 214 events missed 14:31:02–14:31:20, no longer retained"},
			said("14:31:22", "#dev", "bob", 2, "edited: tests pass on main", "ed"),
		},
		Footer: view.Footer{
			Status: "FOLLOWING", Detail: "412 events, 1 gap", Right: "local time   no filter",
			Hints: []view.Hint{{Key: "space", Does: "pause"}, {Key: "↑↓", Does: "select"}, {Key: "enter", Does: "inspect"}, {Key: "/", Does: "filter"}, {Key: "?", Does: "help"}, {Key: "q", Does: "quit"}},
		},
	}
}

// inspecting is a paused screen with an event inspected.
func inspecting() view.Screen {
	s := sample()
	s.List[5].Selected = true
	s.Inspect = &view.Inspect{
		Title: "message.new · 2m ago",
		Fields: []view.Field{
			{Name: "from", Value: "bob@webapp"},
			{Name: "channel", Value: "#dev  p1:dev"},
			{Name: "time", Value: "2024-11-23 14:30:02.004 +02:00"},
			{Name: "why", Value: "alice@webapp is a member of the channel"},
			{Name: "meta", Value: `{"priority":"high","refs":["src/worker.py:45-80"]}`},
		},
		Body: s.List[5].Text + "\n\nBlocking: tests/test_worker.py::test_retry",
	}
	s.Footer.Status, s.Footer.Detail, s.Footer.Right = "PAUSED", "+12 new below · G to follow", "6 of 11   local time   no filter"
	return s
}

// picking is a screen that asks for an agent.
func picking() view.Screen {
	return view.Screen{
		Header: view.Header{Who: "cslack-stream", State: view.Good, Word: "live (direct)", Clock: "14:32:07"},
		Pick: &view.Pick{
			Title: "Watch which agent?", About: "3 agents in claude-slack.db", Input: view.Input{Text: "al", Cursor: 2}, Selected: 1,
			Items: []view.Item{
				{Columns: []string{"alice", "webapp", "active 9s ago", "4 channels"}},
				{Columns: []string{"alice", "api", "active 2d ago", "2 channels"}},
				{Columns: []string{"everything", "", "what all agents say"}},
			},
		},
		Footer: view.Footer{Status: "PICK", Hints: []view.Hint{{Key: "↑↓", Does: "choose"}, {Key: "enter", Does: "watch"}}},
	}
}

// helping is the overview of keys, over a lost stream.
func helping() view.Screen {
	s := sample()
	s.Header.State, s.Header.Word = view.Bad, "lost 14:31:02, retry 3 in 4s"
	s.Help = &view.Help{Groups: []view.HelpGroup{
		{Title: "MOVE", Keys: []view.Hint{{Key: "space", Does: "pause or follow"}, {Key: "↑ k", Does: "previous row"}, {Key: "↓ j", Does: "next row"}}},
		{Title: "LOOK", Keys: []view.Hint{{Key: "enter", Does: "inspect the event"}, {Key: "t", Does: "time: clock, relative, delta, full"}}},
		{Title: "PROGRAM", Keys: []view.Hint{{Key: "q", Does: "quit"}}},
	}}
	return s
}

// marking shows a newcomer bookmarks, replies, and texts scrolled sideways.
func marking() view.Screen {
	s := inspecting()
	s.List[2].Marked, s.List[4].Marked, s.List[5].Marked = true, true, true
	s.List[6].Flag = "↳12"
	s.Shift = 10
	s.Bookmarks = []string{"alice decision: keep WAL, busy_timeout 5s", "bob merging"}
	s.Footer.Tip = "space pauses, enter inspects, ? shows every key; esc hides this line"
	return s
}

// alone is the list without any other pane.
func alone() view.Screen {
	s := sample()
	s.NoChannels = true
	return s
}

// searching looks for a key, whose name is long.
func searching() view.Screen {
	s := helping()
	s.Help.Searching, s.Help.Input = true, view.Input{Text: "half", Cursor: 4}
	s.Help.Groups = []view.HelpGroup{{Title: "MOVE", Keys: []view.Hint{{Key: "ctrl+u shift+up", Does: "half a page up"}}}}
	return s
}

// filtering is a filter that is being typed and hides everything.
func filtering() view.Screen {
	s := sample()
	s.List = nil
	s.Notice = []string{"0 of 412 events match   from:bbo", "", "esc clears the filter"}
	s.Footer.Prompt = &view.Prompt{
		Label: "/ ", Input: view.Input{Text: "frm:bbo", Cursor: 3}, Note: "not yet a filter",
		Error: "unknown field frm, did you mean from? (at character 1)",
	}
	return s
}

// wrapping shows long texts in several lines, the first of them cut.
func wrapping() view.Screen {
	s := sample()
	s.List, s.Wrap, s.Skip = s.List[5:], true, 1
	s.List[3].Selected = true
	return s
}

// several is a screen of three agents, one of them far from the others.
func several() view.Screen {
	s := sample()
	s.Header.Who, s.Columns.Seen, s.Wrap = "alice + bob + nina", 3, true
	for i := range s.List {
		s.List[i].Seen = []string{"abn", "a··", "·bn", "ab·"}[i%4]
	}
	return s
}

// choosing is a screen that asks for agents of which some are marked.
func choosing() view.Screen {
	s := picking()
	s.Pick.Items[0].Marked, s.Pick.Items[1].Marked = true, true
	s.Footer.Hints = append(s.Footer.Hints, view.Hint{Key: "tab", Does: "select several"})
	return s
}

// hostile is full of what should not be there, sanitised as it comes in.
func hostile() view.Screen {
	s := inspecting()
	bad := text.Content("\x1b]0;title\a\x1b[2J\u202eevil\u0301\u200d👩‍👩‍👧‍👦🏳️‍🌈\ttab\r\n" + strings.Repeat("漢字e\u0301", 30_000))
	name := text.Line(bad)
	s.Columns.Seen = 8
	s.Header.Who, s.Header.Word = name, "lost 14:31:02, retry 3 in 4s"
	for i := range s.List {
		s.List[i].Text = bad
		s.List[i].Where, s.List[i].Who, s.List[i].Seen = name, name, name
	}
	s.Tabs[1].Name = name
	s.Agents[1].Name, s.Agents[1].Did = name, name
	s.Inspect.Body, s.Inspect.Title = bad, name
	s.Inspect.Fields[0].Value = name
	s.Footer.Toast = name
	return s
}

// replaying is a screen with a playhead.
func replaying() view.Screen {
	s := sample()
	s.Header = view.Header{Who: "alice@webapp", Mode: "REPLAY", Position: "event 231 of 412", Gaps: "1 gap", Clock: "14:02:11"}
	s.Playhead = &view.Playhead{Begin: "13:32", End: "14:32", At: .45}
	for i := range 200 {
		s.Playhead.Bars = append(s.Playhead.Bars, i*i%17%9*(i%5)/2)
	}
	s.List[6] = view.Row{Kind: view.QuietRule, Text: "quiet for 18s"}
	s.List[7].Selected = true
	s.Footer = view.Footer{
		Status: "▶ PLAYING 10x", Detail: "quiet time capped at 2s", Right: "29m49s to go, about 1m40s",
		Hints: []view.Hint{{Key: "space", Does: "pause"}, {Key: "←→", Does: "step"}, {Key: "⇧←→", Does: "minute"}, {Key: "+-", Does: "speed"}, {Key: "T", Does: "time"}, {Key: "L", Does: "live"}, {Key: "q", Does: "quit"}},
	}
	return s
}

// hostileMatrix is the same for who has seen what.
func hostileMatrix() view.Screen {
	s := hostile()
	s.Matrix = matrixInspecting().Matrix
	for i := range s.Matrix.Agents {
		s.Matrix.Agents[i] = s.Header.Who
	}
	for i := range s.Matrix.Rows {
		r := &s.Matrix.Rows[i]
		r.Text, r.Where, r.Who = s.Inspect.Body, s.Header.Who, s.Header.Who
	}
	return s
}

// matrix is who has seen what.
func matrix() view.Screen {
	s := sample()
	s.Header.Who = "who sees what"
	said := func(time, where, who string, color int, said string, cells ...string) view.MatrixRow {
		r := view.MatrixRow{Row: view.Row{Time: time, Where: where, Who: who, WhoColor: color, Text: said}}
		for _, c := range cells {
			r.Cells = append(r.Cells, view.Cell{Text: c, Open: strings.EqualFold(strings.Trim(c, "?"), "wait"), Loud: strings.HasPrefix(c, "W")})
		}
		return r
	}
	s.Matrix = &view.Matrix{
		Agents: []string{"alice", "bob", "carol", "dave", "erin-the-tester"}, Selected: 1,
		Rows: []view.MatrixRow{
			{Row: view.Row{Kind: view.DayRule, Text: "Sat 23 Nov 2024"}},
			said("14:28:51", "#dev", "bob", 2, "merging feat/parser, CI is green", "ok", "sent", "ok", "-", ""),
			said("14:29:12", "@bob", "alice", 5, "ok, I take src/worker.py, you keep tests/", "sent", "ok", "-", "-", ""),
			said("14:30:02", "#dev", "bob", 2, "@alice can you review src/worker.py:45-80?", "WAIT?", "sent", "ok", "-", ""),
			said("14:30:05", "#incidents", "dave", 6, "prod 500s on /api/login since 14:29", "wait?", "-", "-", "sent", ""),
			said("14:30:09", "#dev", "+ erin", 3, "joined", "", "", "", "", "JOIN"),
			{Row: view.Row{Kind: view.GapRule, Text: "gap: 214 events missed 14:31:02–14:31:20, no longer retained"}},
			said("14:31:22", "#dev", "carol", 4, "日本語のエラーメッセージも直しました 🎉", "wait", "ok", "sent", "-", "·"),
			said("14:31:40", "#dev", "bob", 2, "oops", "del", "sent", "ok", "-", "·"),
		},
	}
	s.Matrix.Rows[3].Selected = true
	s.Footer = view.Footer{
		Status: "PAUSED", Detail: "alice: 4 waiting, 2 addressed to it · oldest 2m05s   carol: 1 waiting",
		Hints: []view.Hint{{Key: "esc", Does: "back"}, {Key: "↑↓", Does: "select"}, {Key: "←→", Does: "agent"}, {Key: "w", Does: "only waiting"}},
	}
	return s
}

// matrixInspecting is the same with a message inspected.
func matrixInspecting() view.Screen {
	s := matrix()
	s.Inspect = inspecting().Inspect
	s.Inspect.More = []string{"", "WHO SEES IT", "alice  WAIT? (last seen checking 14:29:40)", "bob    sender"}
	return s
}

func samples() map[string]func() view.Screen {
	return map[string]func() view.Screen{
		"following": sample, "inspect": inspecting, "pick": picking, "help": helping, "search": searching, "marks": marking, "alone": alone, "filter": filtering, "wrap": wrapping,
		"several": several, "choose": choosing, "matrix": matrix, "matrix-inspect": matrixInspecting, "replay": replaying,
	}
}
