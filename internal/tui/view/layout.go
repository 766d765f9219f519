package view

// The sizes at which the layout changes.
const (
	minWidth, minHeight = 20, 5
	sideWidth           = 110 // from here on the inspected event is at the side
	paneWidth           = 130 // from here on the channels are at the side
	channelsWidth       = 26
)

// Layout is where things are on a screen.
type Layout struct {
	// TooSmall tells that there is no room for anything.
	TooSmall bool
	// Width and Height are those of the whole screen.
	Width, Height int
	// Tabs tells that channels are in a line; Channels is the width of the
	// pane that has them otherwise, or 0.
	Tabs     bool
	Channels int
	// Playhead tells whether there are two lines for a range and a playhead.
	Playhead bool
	// Tip tells whether there is a line for what newcomers should know.
	Tip bool
	// Hints tells whether there is a line for keys.
	Hints bool
	// Rules tells whether rules part the panes from header and footer.
	Rules bool
	// Body is the height between header and footer.
	Body int
	// List are the sizes of the list, and Inspect those of the pane of the
	// inspected event, 0 if there is none. Beside tells that the pane is at
	// the right of the list.
	ListWidth, ListHeight       int
	InspectWidth, InspectHeight int
	Beside                      bool
}

// Panes are the panes there are besides the list.
type Panes struct {
	Inspect bool
	// NoChannels hides the channels, wherever they would be.
	NoChannels bool
	// Playhead asks for the lines of a replay, instead of one for channels.
	Playhead bool
	// Tip asks for a line above the footer.
	Tip bool
}

// ListAt is where the list begins: its first column and its first line.
func (l Layout) ListAt() (x, y int) {
	y = 1 // below the header
	if l.Tabs {
		y++
	}
	if l.Playhead {
		y += 2
	}
	if l.Rules {
		y++
	}
	if l.Channels > 0 {
		x = l.Channels + 1
	}
	return x, y
}

// Arrange says where things are on a screen of that size. Beside other panes
// the list has at least half of the width.
func Arrange(width, height int, p Panes) Layout {
	l := Layout{Width: width, Height: height}
	if l.TooSmall = width < minWidth || height < minHeight; l.TooSmall {
		return l
	}
	l.Hints = height >= 8
	l.Body = height - 2 // header and status
	if l.Hints {
		l.Body--
	}
	if l.Tip = p.Tip && height >= 10; l.Tip {
		l.Body--
	}
	if l.Playhead = p.Playhead && height >= 10; l.Playhead {
		l.Body -= 2
	}
	if width >= paneWidth && height >= 16 {
		l.Rules = true
		l.Body -= 2
		if !p.NoChannels {
			l.Channels = channelsWidth
		}
	} else if height >= 10 && !p.NoChannels && !p.Playhead {
		l.Tabs = true
		l.Body--
	}
	l.ListWidth, l.ListHeight = width, l.Body
	if l.Channels > 0 {
		l.ListWidth -= l.Channels + 1
	}
	switch {
	case !p.Inspect:
	case width >= sideWidth:
		l.Beside = true
		l.InspectWidth, l.InspectHeight = min(60, max(46, l.ListWidth*2/5), l.ListWidth-1-(width+1)/2), l.Body
		l.ListWidth -= l.InspectWidth + 1
	default:
		l.InspectWidth, l.InspectHeight = width, l.Body-l.Body/2+min(2, l.Body/8)
		l.ListHeight = l.Body - l.InspectHeight
	}
	return l
}
