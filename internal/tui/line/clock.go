package line

import (
	"fmt"
	"strconv"
	"time"
)

// Clock is how times are shown.
type Clock string

// The ways to show times.
const (
	ClockTime     Clock = "clock"    // 14:30:02
	ClockISO      Clock = "iso"      // 2024-11-23T14:30:02.004+02:00
	ClockRelative Clock = "relative" // 2m ago
	ClockDelta    Clock = "delta"    // +1.2s since the line before
	ClockNone     Clock = "none"
)

// Clocks are all ways to show times.
var Clocks = []Clock{ClockTime, ClockISO, ClockRelative, ClockDelta, ClockNone}

// isoLayout always shows the offset, so that nobody has to guess the zone.
const isoLayout = "2006-01-02T15:04:05.000Z07:00"

// timeColumn returns the time of t in the form of c.
func (p *Printer) timeColumn(t time.Time) string {
	t = t.In(p.o.Location)
	switch p.o.Clock {
	case ClockISO:
		return t.Format(isoLayout)
	case ClockRelative:
		return Ago(p.o.Now().Sub(t))
	case ClockDelta:
		var d time.Duration
		if !p.last.IsZero() {
			d = t.Sub(p.last)
		}
		if d < 0 {
			return "-" + Span(-d)
		}
		return "+" + Span(d)
	case ClockNone:
		return ""
	}
	return t.Format(time.TimeOnly)
}

// timeWidth is the width of the time column.
func (p *Printer) timeWidth() int {
	switch p.o.Clock {
	case ClockISO:
		return len("2006-01-02T15:04:05.000+07:00")
	case ClockNone:
		return 0
	}
	return len(time.TimeOnly)
}

// Ago says how long ago something was that is d old: "2m ago", "now".
func Ago(d time.Duration) string {
	if d < time.Second {
		return "now"
	}
	if d < time.Minute {
		return strconv.Itoa(int(d/time.Second)) + "s ago"
	}
	return coarse(d) + " ago"
}

// Span says how long d is, in at most seven characters for anything below a
// thousand days: "8ms", "1.2s", "14s", "2m03s", "3h04m", "2d05h".
func Span(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", d/time.Millisecond)
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// coarse says how long d is in its largest unit.
func coarse(d time.Duration) string {
	switch {
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + "d"
}
