// Package console holds the built agent console, so that the product is one file. The console itself is TypeScript in
// src; `npm ci && npm run build` fills dist.
package console

import (
	"embed"
	"io/fs"
)

// dist has a committed .gitkeep, so that a clone without Node compiles. The prefix all: is what lets a folder with
// only that file be embedded.
//
//go:embed all:dist
var dist embed.FS

// Files gives the built console with index.html at its root. It reports false when the console has not been built:
// whoever serves it then says so instead. The files below assets have names that change with their content and may be
// cached for ever; everything else, index.html above all, must be asked for each time.
func Files() (fs.FS, bool) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, false
	}
	if _, err := fs.Stat(files, "index.html"); err != nil {
		return nil, false
	}
	return files, true
}
