package tandem_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/config"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestDocumentsShowTheConfigurationTheCodeHas(t *testing.T) {
	t.Parallel()
	require.Contains(t, read(t, "README.md"), config.MarkdownTable(), "take the table of `tandem config --doc`")
	require.Equal(t, config.EnvExample(), read(t, ".env.example"), "run make generate")
}

func TestTheReadmeCanBeReadAtOnce(t *testing.T) {
	t.Parallel()
	require.Less(t, strings.Count(read(t, "README.md"), "\n"), 200)
}

var link = regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)

func TestLinksBetweenDocumentsLead(t *testing.T) {
	t.Parallel()
	checked := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".md"):
			return nil
		}
		for _, found := range link.FindAllStringSubmatch(read(t, path), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			_, err := os.Stat(filepath.Join(filepath.Dir(path), found[1]))
			require.NoError(t, err, "%s links to %s", path, found[1])
			checked++
		}
		return nil
	})
	require.NoError(t, err)
	require.Positive(t, checked)
}

var makeTarget = regexp.MustCompile("(?m)`?make ([a-z-]+)")

func TestDocumentsNameTargetsThatExist(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	for _, path := range []string{"README.md", "CONTRIBUTING.md"} {
		for _, found := range makeTarget.FindAllStringSubmatch(read(t, path), -1) {
			require.Contains(t, makefile, "\n"+found[1]+":", "%s speaks of make %s", path, found[1])
		}
	}
}
