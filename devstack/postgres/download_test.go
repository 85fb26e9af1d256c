package postgres_test

import (
	"archive/zip"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/devstack/postgres"
)

// repository serves this machine's PostgreSQL in the form of the repository that the library downloads from: an archive
// of programs inside a jar.
func repository(t *testing.T) (address string, downloads *[]string) {
	t.Helper()
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("packing the archive needs xz")
	}
	b, ok := postgres.Find(t.Context(), 0)
	require.True(t, ok)
	dir := t.TempDir()
	archive := filepath.Join(dir, "programs.txz")
	pack := exec.Command("tar", "--create", "--dereference", "--file", archive, "--use-compress-program", "xz -0",
		"--directory", filepath.Dir(b.Dir), "--exclude", "bitcode", "bin/postgres", "bin/initdb", "bin/pg_ctl", "lib")
	out, err := pack.CombinedOutput()
	require.NoError(t, err, string(out))
	jar := filepath.Join(dir, "programs.jar")
	file, err := os.Create(jar)
	require.NoError(t, err)
	writer := zip.NewWriter(file)
	content, err := os.ReadFile(archive)
	require.NoError(t, err)
	entry, err := writer.Create("programs.txz")
	require.NoError(t, err)
	_, err = entry.Write(content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	require.NoError(t, file.Close())
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		if !strings.HasSuffix(r.URL.Path, ".jar") {
			http.NotFound(w, r)
			return
		}
		http.ServeFile(w, r, jar)
	}))
	t.Cleanup(server.Close)
	return server.URL, &asked
}

func TestProgramsAreDownloadedOnceWhenTheMachineHasNone(t *testing.T) {
	t.Parallel()
	address, downloads := repository(t)
	dir := clusterDir(t)
	o := postgres.Options{Dir: dir, AlwaysDownload: true, Repository: address}
	s := start(t, o)
	require.Equal(t, 1, query[int](t, s.URL("postgres"), "select 1"))
	stop(t, s)
	require.FileExists(t, filepath.Join(dir, "cluster", "programs", "bin", "postgres"))
	asked := len(*downloads)
	require.Positive(t, asked)
	stop(t, start(t, o))
	require.Len(t, *downloads, asked, "the second start has them")
}

func TestFailedDownloadSaysWhatToDo(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := postgres.Start(t.Context(), postgres.Options{Dir: clusterDir(t), AlwaysDownload: true, Repository: server.URL})
	require.ErrorContains(t, err, "install PostgreSQL, or set TANDEM_DATABASE_URL")
}
