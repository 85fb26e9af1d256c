package postgres_test

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/devstack/postgres"
)

// asRoot skips a test of what only root meets: the server then runs under another user.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("the server has its own user only when started by root")
	}
}

func chownLikeAServer(t *testing.T, dir string) {
	t.Helper()
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	require.NoError(t, err)
	uid, err := strconv.Atoi(u.Uid)
	require.NoError(t, err)
	gid, err := strconv.Atoi(u.Gid)
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, gid)
	}))
}

func TestFolderThatTheServerCannotReachPutsTheClusterElsewhere(t *testing.T) {
	t.Parallel()
	asRoot(t)
	closed := clusterDir(t)
	require.NoError(t, os.Chmod(closed, 0o700))
	dir := filepath.Join(closed, "postgres")
	stop(t, start(t, postgres.Options{Dir: dir}))
	note, err := os.ReadFile(filepath.Join(dir, "location"))
	require.NoError(t, err)
	elsewhere := strings.TrimSpace(string(note))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(elsewhere)) })
	require.FileExists(t, filepath.Join(elsewhere, "data", "PG_VERSION"))
	info, err := os.Stat(elsewhere)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	// The second start finds it there.
	stop(t, start(t, postgres.Options{Dir: dir}))

	t.Run("a copy of the folder does not open the original's cluster", func(t *testing.T) {
		twin := filepath.Join(closed, "twin")
		require.NoError(t, os.CopyFS(twin, os.DirFS(dir)))
		_, err := postgres.Start(t.Context(), postgres.Options{Dir: twin})
		require.ErrorContains(t, err, "belongs to "+dir)
	})
	t.Run("a moved folder does", func(t *testing.T) {
		moved := filepath.Join(closed, "moved")
		require.NoError(t, os.Rename(dir, moved))
		stop(t, start(t, postgres.Options{Dir: moved}))
	})
	t.Run("a lost cluster is an error, not an empty start", func(t *testing.T) {
		require.NoError(t, os.Rename(elsewhere, elsewhere+"-lost"))
		t.Cleanup(func() { require.NoError(t, os.RemoveAll(elsewhere+"-lost")) })
		_, err := postgres.Start(t.Context(), postgres.Options{Dir: filepath.Join(closed, "moved")})
		require.ErrorContains(t, err, "is gone or not ours any more")
	})
}
