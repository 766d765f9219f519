// Package event holds the words that every other package speaks: events and
// their cursors, agents and audiences, filters, and the one way to consume a
// stream of events.
//
// What it promises, and every Source keeps:
//
//   - Order. Within an epoch a smaller offset was committed first, and every
//     stream rises.
//   - No silent loss. A cursor that can no longer be continued gives a
//     [GapError], never a quiet restart somewhere else.
//   - Permission of the moment. An event is seen by the audience that it had
//     when it was committed; who joins later does not see it.
//
// The package depends on the standard library only.
package event
