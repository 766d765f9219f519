// Package timeline holds the events that a live view shows: a bounded list,
// what of it a filter lets through, and where in it the reader is.
//
// What it promises: pausing freezes what is shown and never what is taken in;
// the row that the reader looks at does not move and is not dropped while
// paused, whatever comes; a gap is a row like any other and no filter hides
// it; a filter is asked once for each event. Of the checks of the agent only
// the newest is a row, and while paused those that were before it.
//
// It knows no terminal and no clock. A Timeline is not safe for concurrent
// use.
package timeline
