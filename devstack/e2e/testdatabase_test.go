package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/devstack/e2e"
)

func TestDatabaseForACommand(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(e2e.Binary(t), "test-database", "--", "sh", "-c", `echo "$TANDEM_TEST_DATABASE_URL"; exit 7`).Output()
	var ended *exec.ExitError
	require.ErrorAs(t, err, &ended)
	require.Equal(t, 7, ended.ExitCode())
	url := strings.TrimSpace(string(out))
	require.True(t, strings.HasPrefix(url, "postgres://"), url)
}

func TestDatabaseForACommandIsRemovedAfterASignal(t *testing.T) {
	t.Parallel()
	started := filepath.Join(t.TempDir(), "started")
	temp := shortTemp(t)
	cmd := exec.Command(e2e.Binary(t), "test-database", "--", "sh", "-c", `touch "$1"; exec sleep 600`, "sh", started)
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		_, err := os.Stat(started)
		return err == nil
	}, e2e.Patience, 20*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, cmd.Wait())
	require.Equal(t, 128+int(syscall.SIGTERM), cmd.ProcessState.ExitCode())
	left, err := filepath.Glob(filepath.Join(temp, "tandem-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// shortTemp is a folder for temporary files: sockets need a short path, and the server's user a way in.
func shortTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "td-") //nolint:usetesting // sockets need a short path
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}
