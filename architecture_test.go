// Package tandem_test holds the checks that no single package can make: who may import whom, that the compose file and
// the documents agree with the code.
package tandem_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Parts of the outside world that some packages must never reach, however deep.
const (
	postgres = "github.com/jackc/pgx"
	fiber    = "github.com/gofiber/fiber"
	temporal = "go.temporal.io/"
	twilio   = "github.com/twilio/twilio-go"
	engine   = "go.temporal.io/server"
)

// arrow says what a package of ours may import directly and what it must never reach.
type arrow struct {
	may   []string
	never []string
	// direct are standard packages it must not import itself; deeper down they can't be avoided.
	direct []string
}

// arrows is docs/adr/0010-flat-packages-and-their-arrows.md: arrows point down, domain at the bottom.
var arrows = map[string]arrow{
	"domain":               {},
	"config":               {},
	"routing":              {may: []string{"domain"}, never: []string{postgres, fiber, temporal, twilio}, direct: []string{"net/http", "os", "math/rand", "math/rand/v2", "log", "log/slog"}},
	"routing/simulate":     {may: []string{"domain", "routing"}, never: []string{postgres, fiber, temporal, twilio}, direct: []string{"net/http", "os", "math/rand", "math/rand/v2", "log", "log/slog"}},
	"activities":           {may: []string{"domain", "routing"}, never: []string{postgres, fiber, twilio}},
	"workflows":            {may: []string{"domain", "routing", "activities"}, never: []string{postgres, fiber, twilio}, direct: []string{"net/http", "os", "math/rand", "math/rand/v2", "database/sql", "log", "log/slog"}},
	"worker":               {may: []string{"domain", "activities", "workflows"}, never: []string{postgres, fiber, twilio}},
	"orchestrator":         {may: []string{"domain", "activities", "workflows"}, never: []string{postgres, fiber, twilio}},
	"store":                {may: []string{"domain", "routing"}, never: []string{temporal, fiber, twilio}},
	"store/storetest":      {may: []string{"domain", "routing", "store"}, never: []string{temporal, fiber, twilio}},
	"channels":             {may: []string{"domain"}, never: []string{temporal, fiber, postgres, twilio}},
	"channels/twilio":      {may: []string{"domain", "channels"}, never: []string{temporal, fiber, postgres}},
	"channels/webchat":     {may: []string{"domain", "channels"}, never: []string{temporal, fiber, postgres, twilio}},
	"channels/channeltest": {may: []string{"domain", "channels"}, never: []string{temporal, fiber, postgres}},
	"api":                  {may: []string{"domain", "routing", "channels"}, never: []string{postgres, temporal, twilio}},
	"console":              {},
	"widget":               {},
	// The simulator stands in for the providers: it must know the product from outside only.
	"simulator": {never: []string{temporal, fiber, postgres, twilio}},
	// The driver uses public doors only.
	"bench": {never: []string{temporal, fiber, twilio}},
	"cmd/roles": {may: []string{
		"activities", "api", "channels", "channels/twilio", "channels/webchat", "config", "console", "domain",
		"orchestrator", "routing", "store", "widget", "worker", "workflows",
	}, never: []string{engine}},
	"cmd/tandem": {may: []string{"bench", "cmd/roles", "config", "domain", "routing", "routing/simulate"}, never: []string{engine}},
}

const module = "tandem/"

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
	GoFiles    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps,GoFiles", "./...").Output()
	require.NoError(t, err)
	var all []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
}

func TestArrowsPointDown(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		rule, known := arrows[name]
		require.True(t, known, "%s is a new package: say in architecture_test.go whom it may import, and in an ADR why it is one", name)
		seen[name] = true
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, module); ok {
				require.Contains(t, rule.may, ours, "%s imports %s", name, ours)
			}
			require.NotContains(t, rule.direct, imported, "%s imports %s", name, imported)
		}
		for _, reached := range p.Deps {
			for _, never := range rule.never {
				require.False(t, strings.HasPrefix(reached, never), "%s reaches %s", name, reached)
			}
		}
	}
	for name := range arrows {
		require.True(t, seen[name], "%s is in the table and not in the tree", name)
	}
}

func TestDomainStandsOnTheStandardLibraryAndUUIDOnly(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if p.ImportPath != module+"domain" {
			continue
		}
		for _, reached := range p.Deps {
			first, _, _ := strings.Cut(reached, "/")
			require.True(t, !strings.Contains(first, ".") || reached == "github.com/google/uuid", "domain reaches %s", reached)
		}
	}
}

// sources walks the product's own Go files, tests left out.
func sources(t *testing.T, visit func(path, text string)) {
	t.Helper()
	skipped := []string{"node_modules", "devstack", "bin", "testdata", "dist"}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "." && (slices.Contains(skipped, entry.Name()) || strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			visit(filepath.ToSlash(path), string(text))
		}
		return err
	})
	require.NoError(t, err)
}

func TestOnlyMainAndTestHelpersTouchTheEnvironment(t *testing.T) {
	t.Parallel()
	allowed := []string{"cmd/tandem/main.go", "store/storetest/storetest.go"}
	sources(t, func(path, text string) {
		for _, call := range []string{"os.Getenv(", "os.LookupEnv", "os.Environ("} {
			require.False(t, strings.Contains(text, call) && !slices.Contains(allowed, path), "%s uses %s: take a value from config instead", path, call)
		}
	})
}

func TestFilesStayReadable(t *testing.T) {
	t.Parallel()
	const longest = 450
	sources(t, func(path, text string) {
		require.LessOrEqual(t, strings.Count(text, "\n"), longest, "%s is too long to be read at once: split it by subject", path)
	})
}
