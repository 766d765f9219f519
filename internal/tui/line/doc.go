// Package line shows one event as one line: aligned for a terminal, tab
// separated for a pipe, as JSON, or through a template.
//
// A [View] turns an event into a [Record]: the words in which the event is
// shown, from the point of view of the agent whose stream it is. A [Printer]
// turns records into lines. Neither does I/O, neither reads the clock, and
// what a record says is sanitised when it is made, so nothing that an agent
// wrote can touch the terminal. Only the JSON form keeps every character, and
// there those that a terminal could obey are escaped.
package line
