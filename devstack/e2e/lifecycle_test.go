package e2e_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"tandem/devstack/e2e"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := e2e.RemoveBuild(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// describeEngine asks the engine itself, and gives the id of the namespace, which lives as long as its data.
func describeEngine(t *testing.T, in *e2e.Instance) (string, error) {
	t.Helper()
	cl, err := client.NewLazyClient(client.Options{HostPort: in.Temporal})
	require.NoError(t, err)
	defer cl.Close()
	answer, err := cl.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	return answer.GetNamespaceInfo().GetId(), err
}

func TestSecondStartFindsEverythingAsItWas(t *testing.T) {
	t.Parallel()
	first := e2e.Start(t, e2e.Options{})
	require.Regexp(t, `(?m)^\[\d+\.\ds\] creating a PostgreSQL`, first.Output(), "a first start is never silent")
	id, err := describeEngine(t, first)
	require.NoError(t, err)
	key, err := os.ReadFile(filepath.Join(first.DataDir, "encryption.key"))
	require.NoError(t, err)
	require.NotEmpty(t, first.Processes())
	first.SignIn(t, "agent1@demo.test").Watch(t, "")
	require.Equal(t, 0, first.Stop(), "an open screen does not hold up the stop")
	require.Empty(t, first.Processes())
	require.NotContains(t, first.Output(), "ERROR")

	second := e2e.Start(t, e2e.Options{DataDir: first.DataDir})
	require.NotContains(t, second.Output(), "creating a PostgreSQL")
	again, err := describeEngine(t, second)
	require.NoError(t, err)
	require.Equal(t, id, again)
	same, err := os.ReadFile(filepath.Join(first.DataDir, "encryption.key"))
	require.NoError(t, err)
	require.Equal(t, key, same)
}

func TestKilledInstanceLeavesNothingRunningAndStartsAgain(t *testing.T) {
	t.Parallel()
	first := e2e.Start(t, e2e.Options{})
	id, err := describeEngine(t, first)
	require.NoError(t, err)
	first.Kill()
	second := e2e.Start(t, e2e.Options{DataDir: first.DataDir})
	again, err := describeEngine(t, second)
	require.NoError(t, err)
	require.Equal(t, id, again)
}

func TestFolderInUseIsRefused(t *testing.T) {
	t.Parallel()
	first := e2e.Start(t, e2e.Options{})
	second := e2e.Launch(t, e2e.Options{DataDir: first.DataDir})
	require.Equal(t, 1, second.Wait())
	pid, err := os.ReadFile(filepath.Join(first.DataDir, "lock"))
	require.NoError(t, err)
	require.Contains(t, second.Output(), "is in use by process "+strings.TrimSpace(string(pid)))
	require.Contains(t, second.Output(), "--data-dir")
	_, err = describeEngine(t, first)
	require.NoError(t, err, "the first one does not notice")
}

func TestTwoInstancesLiveSideBySide(t *testing.T) {
	t.Parallel()
	one, two := e2e.Start(t, e2e.Options{}), e2e.Start(t, e2e.Options{})
	first, err := describeEngine(t, one)
	require.NoError(t, err)
	second, err := describeEngine(t, two)
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	require.Equal(t, 0, one.Stop())
	_, err = describeEngine(t, two)
	require.NoError(t, err)
}

func TestTakenPortNamesItsFlag(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--listen", "--ops-listen", "--temporal-listen", "--temporal-ui-listen", "--simulator-listen"} {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer taken.Close()
		in := e2e.Launch(t, e2e.Options{Arguments: []string{flag, taken.Addr().String()}})
		require.Equal(t, 1, in.Wait())
		require.Contains(t, in.Output(), flag+" "+taken.Addr().String()+": another program has this port")
	}
}

func TestEngineStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	in := e2e.Launch(t, e2e.Options{Arguments: []string{"--temporal-listen", "0.0.0.0:0"}})
	require.Equal(t, 1, in.Wait())
	require.Contains(t, in.Output(), "--temporal-listen 0.0.0.0:0: the engine has no sign-in")
}

func TestWrongFlagIsAUsageError(t *testing.T) {
	t.Parallel()
	in := e2e.Launch(t, e2e.Options{Arguments: []string{"--lisen", "127.0.0.1:0"}})
	require.Equal(t, 2, in.Wait())
	require.Contains(t, in.Output(), "unknown flag --lisen")
}

func TestEngineAndDatabaseComeBackAfterACrash(t *testing.T) {
	t.Parallel()
	in := e2e.Start(t, e2e.Options{})
	id, err := describeEngine(t, in)
	require.NoError(t, err)
	engine, database := in.Engine(), in.Database()
	require.NoError(t, syscall.Kill(engine, syscall.SIGKILL))
	require.NoError(t, syscall.Kill(database, syscall.SIGKILL))
	require.Eventually(t, func() bool {
		again, err := describeEngine(t, in)
		return err == nil && again == id && in.Engine() != engine && in.Database() != database
	}, 2*e2e.Patience, 100*time.Millisecond)
}

func TestEngineGivesWayToTheMessagePath(t *testing.T) {
	t.Parallel()
	in := e2e.Start(t, e2e.Options{})
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", in.Engine()))
	require.NoError(t, err)
	// The fields after the name in parentheses; niceness is the 19th of all.
	_, rest, ok := strings.Cut(string(text), ") ")
	require.True(t, ok)
	nice, err := strconv.Atoi(strings.Fields(rest)[16])
	require.NoError(t, err)
	require.Equal(t, 10, nice)
}

func TestSecondSignalStopsAtOnce(t *testing.T) {
	t.Parallel()
	in := e2e.Start(t, e2e.Options{})
	// A frozen engine can't stop by itself; without the second signal that would be waited for.
	require.NoError(t, syscall.Kill(in.Engine(), syscall.SIGSTOP))
	in.Signal(syscall.SIGINT)
	require.Eventually(t, func() bool { return strings.Contains(in.Output(), "] stopping") }, e2e.Patience, 10*time.Millisecond)
	began := time.Now()
	in.Signal(syscall.SIGINT)
	in.Wait()
	require.Less(t, time.Since(began), 5*time.Second)
	require.Empty(t, in.Processes())
}
