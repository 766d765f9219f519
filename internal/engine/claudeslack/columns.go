package claudeslack

// Columns returns the columns of a table of the host that are read, in the
// order in which MessageOf and its like take their values; nil if it is not
// read.
func Columns(table string) []string {
	for _, r := range required {
		if r.table == table {
			return r.columns
		}
	}
	return nil
}
