// Package footprint makes this process small again after its start.
package footprint

import "runtime/debug"

// Shrink gives back what only the start needed: freed heap, and those pages of the program's file that were read
// once. The Temporal server registers thousands of protocol messages while the program is loaded, which touches about
// 100 MB of the file; a page that is needed again is read again. Nothing is lost when it fails.
func Shrink() error {
	debug.FreeOSMemory()
	return forgetProgramPages()
}
