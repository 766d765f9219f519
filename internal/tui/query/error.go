package query

import "fmt"

// SyntaxError says what in a query can not be understood, and where.
type SyntaxError struct {
	// Position is the character where it is, the first being 1.
	Position int
	// Message is a clause in lower case that says what to do.
	Message string
}

// Error says what and where.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (at character %d)", e.Message, e.Position)
}
