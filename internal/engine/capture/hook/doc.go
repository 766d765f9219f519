// Package hook captures the writes of this process's own connection, of which
// nobody else needs to tell it.
//
// In trigger mode that is a Logged: triggers note what is written, and whoever
// waits for it gets it with the commit, with no file watch and no look at the
// database in between. In memory mode it is a Recorder: SQLite's pre-update hook shows every row before and after,
// and what is left of it when the transaction is about to be committed takes
// its place among what a poll finds of others.
package hook
