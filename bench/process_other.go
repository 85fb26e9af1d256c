//go:build !linux

package bench

import "time"

// processUse is what one part of the product uses.
type processUse struct {
	cpu    time.Duration
	memory int64
}

// processTree and machineBusy know Linux only; elsewhere the report leaves CPU and memory out.
func processTree(int) map[string]processUse { return nil }

func machineBusy() time.Duration { return 0 }
