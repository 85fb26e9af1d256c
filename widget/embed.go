// Package widget holds the customer's chat widget, one script built from the TypeScript beside it.
package widget

import "embed"

//go:embed all:dist
var dist embed.FS

// Script gives the built script; false when it has not been built, which a clean clone has not.
func Script() ([]byte, bool) {
	raw, err := dist.ReadFile("dist/widget.js")
	return raw, err == nil
}
