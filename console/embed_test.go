package console_test

import (
	"io/fs"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/console"
)

// referred finds what index.html loads from the server.
var referred = regexp.MustCompile(`(?:src|href)="/([^"]+)"`)

func TestEveryFileOfThePageIsEmbedded(t *testing.T) {
	t.Parallel()
	files, built := console.Files()
	if !built {
		t.Skip("the console has not been built: run npm ci && npm run build in console")
	}
	index, err := fs.ReadFile(files, "index.html")
	require.NoError(t, err)

	found := referred.FindAllSubmatch(index, -1)
	require.NotEmpty(t, found)
	for _, match := range found {
		_, err := fs.Stat(files, string(match[1]))
		require.NoError(t, err, "index.html loads %s", match[1])
	}
}

func TestScriptsAndStylesAreFilesOfTheirOwn(t *testing.T) {
	t.Parallel()
	files, built := console.Files()
	if !built {
		t.Skip("the console has not been built: run npm ci && npm run build in console")
	}
	index, err := fs.ReadFile(files, "index.html")
	require.NoError(t, err)
	// The content-security policy refuses scripts inside the page.
	require.NotRegexp(t, `<script(?:>|[^>]*>[^<])`, string(index))
	require.NotContains(t, string(index), "http://")
	require.NotContains(t, string(index), "https://")
}
