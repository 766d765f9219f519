// Package replay keeps events in files and plays them again.
//
// A recording is a text file of JSON lines: a header that says whose view it
// is, the events as they were delivered, what was said in between (a gap), and
// a last line that says that it is whole. It is written line by line, so what
// was recorded up to a crash can be read, and that it was cut off is noticed.
//
// An opened recording is an event.Source like any other: permission, filters,
// cursors and gaps mean what they mean live. It never shows more than what was
// recorded, and nothing in it is trusted.
package replay
