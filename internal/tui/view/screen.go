package view

// Screen is what there is to see.
type Screen struct {
	Theme  Theme
	Header Header
	// Playhead is where a replay stands; nil if it is none. It takes the place
	// of the channels where those are in a line.
	Playhead *Playhead
	// Tabs are the channels with what happened in them.
	Tabs []Tab
	// News is what the counts of the tabs count: "NEW".
	News string
	// Channels is the key that chooses one of them; NoChannels hides them.
	Channels   Hint
	NoChannels bool
	// Agents are those that there is room for below the channels, Session is
	// what was seen so far, and Bookmarks come between them.
	Agents    []Present
	Session   []string
	Bookmarks []string
	// List are the rows in view; Skip is how many lines of the first are
	// above the list.
	List []Row
	Skip int
	// Columns are the widths of the columns of the list.
	Columns Columns
	// Wrap shows long texts in several lines; without it Shift is how many
	// cells of them are left of the list.
	Wrap  bool
	Shift int
	// Notice is shown instead of an empty list.
	Notice []string
	// Inspect is the event looked at; nil if there is none.
	Inspect *Inspect
	// Pick is a list to choose from, and Help an overview of the keys. Either
	// hides the list.
	Pick *Pick
	Help *Help
	// Matrix is who has seen what. It replaces all but header and footer,
	// and Inspect, if Help is nil.
	Matrix *Matrix
	Footer Footer
}

// Theme is how it looks.
type Theme struct {
	Color bool
	// ASCII draws without characters that some terminals draw two cells wide,
	// or not at all.
	ASCII bool
}

// Header is the first line.
type Header struct {
	Who   string
	State State
	// Writing says as whom the reader writes; empty for one who only looks.
	Writing string
	// Word is the state: "live", "lost 14:31:02, retry 3 in 4s".
	Word string
	// Mode is said behind Who: "REPLAY"; Position says how far it is.
	Mode, Position string
	// Rates are the newest events per second, oldest first; nil hides them.
	Rates []float64
	// Rate, Latency, Gaps and Clock are shown as far as there is room.
	Rate, Latency, Gaps, Clock string
}

// State is how good the stream is.
type State uint8

// The states of a stream.
const (
	Waiting State = iota // not yet
	Good
	Bad
)

// Tab is one channel.
type Tab struct {
	Name  string
	Count int
	// Urgent tells that something of high priority is among them.
	Urgent bool
	Chosen bool
}

// Present is one agent, and what it was last seen doing.
type Present struct {
	Name, Did string
	// Active tells that it did something itself.
	Active bool
	// Waiting is how many messages wait for it.
	Waiting int
}

// Columns are widths of columns in cells. Seen is 0 unless several agents are
// watched.
type Columns struct{ Time, Seen, Where, Who int }

// Kind is what a row of the list is.
type Kind uint8

// The kinds of rows.
const (
	Line Kind = iota
	DayRule
	GapRule
	CheckRule
	EdgeRule
	QuietRule
)

// Row is one row of the list.
type Row struct {
	Kind     Kind
	Selected bool
	// Marked tells that the reader has bookmarked it.
	Marked bool
	// Text is all that the rules have. Seen says who of several agents sees it.
	Time, Seen, Where, Who, Text, Flag string
	// WhoColor is the ANSI colour of Who, 0 to 15.
	WhoColor int
	// Quiet tells that the text is not what an agent wrote.
	Quiet bool
}

// Inspect is everything about one event.
type Inspect struct {
	Title  string
	Fields []Field
	// Body is the text of the event.
	Body string
	// More are further lines, as they are.
	More []string
	// Scroll is how many lines are above the pane.
	Scroll int
}

// Field is one fact with a name.
type Field struct{ Name, Value string }

// Pick is a list to choose from by typing.
type Pick struct {
	Title, About string
	Input        Input
	Items        []Item
	Selected     int
	// Empty is said when there are no items.
	Empty string
}

// Item is one row of a Pick, in columns.
type Item struct {
	Columns []string
	// Marked tells that it was chosen, with others.
	Marked bool
}

// Input is one line of text that is being typed.
type Input struct {
	Text string
	// Cursor is the number of characters before the cursor.
	Cursor int
}

// Help is the overview of keys.
type Help struct {
	// Groups are the keys that are shown.
	Groups []HelpGroup
	Scroll int
	// Searching tells that a line to look for is being typed, Input is it.
	Searching bool
	Input     Input
}

// HelpGroup are keys that belong together.
type HelpGroup struct {
	Title string
	Keys  []Hint
}

// Hint is a key and what it does.
type Hint struct{ Key, Does string }

// Footer are the last two lines.
type Footer struct {
	// Status is the word that says whether it follows; Detail follows it.
	Status, Detail string
	// Right is what holds for the whole list.
	Right string
	// Prompt replaces the status while something is typed.
	Prompt *Prompt
	// Hints are the keys that help now, the most useful first; Toast replaces
	// them for a while.
	Hints []Hint
	Toast string
	// Tip is said above the footer, to newcomers.
	Tip string
}

// Prompt is a line that is being typed.
type Prompt struct {
	Label string
	Input Input
	// Note says what the line does so far; Error what is wrong with it.
	Note, Error string
}
