package main

import (
	"errors"

	"cslack-stream/internal/tui"
)

// rebind gives the view the keys of ui.keys, by command, or says what is
// wrong with them.
//
// WIRE: the view can not be told yet. When it can, this becomes
//
//	o.Keys = keys
//	return tui.CheckKeys(keys)
//
// and the line of TestConfig_Refuses marked WIRE wants what CheckKeys says.
func rebind(_ *tui.Options, keys map[string][]string) error {
	if len(keys) > 0 {
		return errors.New("the keys of watch can not be chosen in this version: leave it out")
	}
	return nil
}
