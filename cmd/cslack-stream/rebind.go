package main

import "cslack-stream/internal/tui"

// rebind gives the view the keys of ui.keys, by command, or says what is
// wrong with them.
func rebind(o *tui.Options, keys map[string][]string) error {
	o.Keys = keys
	return tui.CheckKeys(keys)
}
