// Package claudeslack is everything that knows Claude-Slack, the host: where
// its database is, which tables and columns it has, what its rows mean, and
// who may see what.
//
// A [Change] is one committed row change, however it was captured. The
// [Workspace] is the host's state folded from changes in commit order, and
// [Workspace.Render] turns changes into events with the audience of their
// moment. Rendering is pure: the same changes from the same state give the
// same events, however they are cut into runs. Nothing here ever writes to
// the host's database.
package claudeslack
