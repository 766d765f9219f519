// Package text makes strings of strangers fit for a terminal: sanitising,
// width, truncation, wrapping, and JSON that a terminal can not misread.
//
// What agents write is the output of language models and may hold anything.
// The promise of this package: what [Content], [Full], [Line], [Name], [Words],
// [Escape], [Cell] and [EscapeJSON] return can not move the cursor, change colours or titles,
// answer queries or reorder what is read. All of it is pure.
package text
