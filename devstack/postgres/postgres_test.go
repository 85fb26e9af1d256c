package postgres_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"tandem/devstack/child"
	"tandem/devstack/postgres"
)

// helperDir makes this test binary play a program that starts PostgreSQL and is killed: TestMain then runs a server
// in that folder until the end of time.
const helperDir = "TANDEM_POSTGRES_TEST_HELPER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		s, err := postgres.Start(context.Background(), postgres.Options{Dir: dir})
		if err != nil {
			fmt.Fprintln(os.Stdout, "error:", err)
			os.Exit(1)
		}
		fmt.Fprintln(os.Stdout, s.Pid(), s.URL("postgres"))
		select {}
	}
	os.Exit(m.Run())
}

// clusterDir is a folder that the server's account can reach (the folders of t.TempDir are closed to it).
func clusterDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tandem-test-") //nolint:usetesting // TempDir is closed to the server's own user
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func start(t *testing.T, o postgres.Options) *postgres.Server {
	t.Helper()
	s, err := postgres.Start(t.Context(), o)
	require.NoError(t, err)
	return s
}

func stop(t *testing.T, s *postgres.Server) {
	t.Helper()
	pid := s.Pid()
	require.NoError(t, s.Stop(context.Background()))
	require.False(t, child.Alive(pid))
}

func query[T any](t *testing.T, url, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), sql)
	require.NoError(t, err)
	value, err := pgx.CollectOneRow(rows, pgx.RowTo[T])
	require.NoError(t, err)
	return value
}

func TestClusterKeepsItsDataOverARestart(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	var said []string
	first := start(t, postgres.Options{Dir: dir, Progress: func(s string) { said = append(said, s) }})
	require.NoError(t, first.CreateDatabase(t.Context(), "tandem"))
	require.NoError(t, first.CreateDatabase(t.Context(), "tandem"), "the second time it is there already")
	query[int](t, first.URL("tandem"), "with t as (select 1) select count(*)::int from t")
	conn, err := pgx.Connect(t.Context(), first.TCPURL("tandem"))
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "create table kept (word text); insert into kept values ('still here')")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	stop(t, first)
	require.Len(t, said, 2)
	require.Contains(t, said[0], "creating a PostgreSQL")

	said = nil
	second := start(t, postgres.Options{Dir: dir, Progress: func(s string) { said = append(said, s) }})
	require.Equal(t, "still here", query[string](t, second.URL("tandem"), "select word from kept"))
	require.Equal(t, "on", query[string](t, second.URL("tandem"), "show synchronous_commit"))
	require.Equal(t, "on", query[string](t, second.URL("tandem"), "show fsync"))
	stop(t, second)
	require.Len(t, said, 1, "nothing to create and nothing left over")
}

func TestPasswordIsNeeded(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	s := start(t, postgres.Options{Dir: dir})
	defer stop(t, s)
	password, err := os.ReadFile(filepath.Join(dir, "password"))
	require.NoError(t, err)
	info, err := os.Stat(filepath.Join(dir, "password"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	for _, url := range []string{s.URL("postgres"), s.TCPURL("postgres")} {
		_, err := pgx.Connect(t.Context(), strings.Replace(url, string(password), "guess", 1))
		require.ErrorContains(t, err, "password authentication failed")
	}
}

func TestKilledServerComesBackOnTheSamePort(t *testing.T) {
	t.Parallel()
	s := start(t, postgres.Options{Dir: clusterDir(t)})
	defer stop(t, s)
	url, pid := s.TCPURL("postgres"), s.Pid()
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Eventually(t, func() bool { return s.Pid() != 0 && s.Pid() != pid }, 20*time.Second, 20*time.Millisecond)
	require.Equal(t, 1, query[int](t, url, "select 1"))
}

func TestServerDiesWithItsParentAndTheNextStartFindsTheData(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	parent, pid, url := startInAnotherProcess(t, dir)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "create table kept (word text); insert into kept values ('committed')")
	require.NoError(t, err)

	require.NoError(t, parent.Process.Kill())
	// No wait for the old server: the next start has to cope with one that is still on its way out.
	s := start(t, postgres.Options{Dir: dir})
	defer stop(t, s)
	require.False(t, child.Alive(pid))
	require.Equal(t, "committed", query[string](t, s.URL("postgres"), "select word from kept"))
}

func startInAnotherProcess(t *testing.T, dir string) (parent *exec.Cmd, pid int, url string) {
	t.Helper()
	parent = exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), helperDir+"="+dir)
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	t.Cleanup(func() {
		if parent.Process.Kill() == nil {
			_, _ = parent.Process.Wait()
		}
	})
	_, err = fmt.Fscan(out, &pid, &url)
	require.NoError(t, err)
	return parent, pid, url
}

func TestOrphanedServerIsStoppedFirst(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	// A server that no parent looks after, as on systems that can't tie a child to its parent.
	first := start(t, postgres.Options{Dir: dir})
	require.NoError(t, first.Stop(context.Background()))
	orphan := runByHand(t, dir)
	var said []string
	s := start(t, postgres.Options{Dir: dir, Progress: func(s string) { said = append(said, s) }})
	defer stop(t, s)
	require.Contains(t, said[0], "left by an earlier run")
	require.NotEqual(t, orphan, s.Pid())
}

// runByHand starts the server of the cluster in dir without any help from the package, as the user who owns it.
func runByHand(t *testing.T, dir string) (pid int) {
	t.Helper()
	data := filepath.Join(dir, "cluster", "data")
	b, ok := postgres.Find(t.Context(), 0)
	require.True(t, ok)
	info, err := os.Stat(data)
	require.NoError(t, err)
	stat, ok := info.Sys().(*syscall.Stat_t)
	require.True(t, ok)
	cmd := exec.Command(filepath.Join(b.Dir, "postgres"), "-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories="+data)
	cmd.Dir = filepath.Join(dir, "cluster")
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}}
	}
	require.NoError(t, cmd.Start())
	go func() { _ = cmd.Wait() }()
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
		return err == nil && strings.Contains(string(text), "ready")
	}, 20*time.Second, 10*time.Millisecond)
	return cmd.Process.Pid
}

func TestStalePidFileOfAnotherProgramIsIgnored(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	stop(t, start(t, postgres.Options{Dir: dir}))
	// The number in the file belongs to this test by now, which must survive.
	file := filepath.Join(dir, "cluster", "data", "postmaster.pid")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "%d\n/elsewhere\n", os.Getpid()), 0o600))
	stop(t, start(t, postgres.Options{Dir: dir}))
}

func TestInterruptedFirstStartIsRepeated(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	half := filepath.Join(dir, "cluster", "data.new")
	require.NoError(t, os.MkdirAll(half, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600))
	if os.Geteuid() == 0 {
		chownLikeAServer(t, filepath.Join(dir, "cluster"))
	}
	s := start(t, postgres.Options{Dir: dir})
	require.Equal(t, 1, query[int](t, s.URL("postgres"), "select 1"))
	stop(t, s)
}

func TestThrowawayClusterHasNoPort(t *testing.T) {
	t.Parallel()
	s := start(t, postgres.Options{Dir: clusterDir(t), Throwaway: true})
	defer stop(t, s)
	require.Equal(t, "off", query[string](t, s.URL("postgres"), "show fsync"))
	_, err := pgx.Connect(t.Context(), s.TCPURL("postgres"))
	require.ErrorContains(t, err, "refused")
}
