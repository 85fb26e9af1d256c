//go:build !linux

package footprint

// forgetProgramPages has no counterpart here.
func forgetProgramPages() error { return nil }
