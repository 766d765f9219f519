//go:build !unix

package capture

// Identify returns zeros: without inodes only the change log itself tells
// that another file has taken the place of the database.
func Identify(string) (device, inode uint64, err error) { return 0, 0, nil }
