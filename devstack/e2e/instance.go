package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Patience is how long a condition may take that normally holds within a second: the tests run beside other builds.
const Patience = 30 * time.Second

// Options say how an instance is started. The zero value is a fresh data folder with demo data.
type Options struct {
	// DataDir is a folder of an earlier instance; empty makes a new one that goes away with the test.
	DataDir string
	// Arguments are added to the command line.
	Arguments []string
	// Environment is added as NAME=value.
	Environment []string
}

// Instance is one running all-in-one.
type Instance struct {
	DataDir string
	// Console, TemporalUI, Ops and Simulator are base URLs; Temporal is host:port.
	Console, TemporalUI, Ops, Simulator, Temporal string

	t       *testing.T
	cmd     *exec.Cmd
	mark    string
	exited  chan struct{}
	ready   chan map[string]string
	waitErr error // set before exited is closed

	mu     sync.Mutex
	output []string
}

// Start runs the binary and returns when it is ready. It is stopped at the end of the test, and a test that leaves a
// process behind fails.
func Start(t *testing.T, o Options) *Instance {
	t.Helper()
	in := Launch(t, o)
	select {
	case words := <-in.ready:
		in.Console, in.TemporalUI, in.Ops = words["console"], words["temporal_ui"], words["ops"]
		in.Simulator, in.Temporal = words["simulator"], words["temporal"]
	case <-in.exited:
		require.FailNow(t, "the instance ended while starting", in.Output())
	case <-time.After(2 * time.Minute):
		require.FailNow(t, "the instance is not ready", in.Output())
	}
	return in
}

// Launch runs the binary and returns at once, for instances that are not expected to get ready.
func Launch(t *testing.T, o Options) *Instance {
	t.Helper()
	if o.DataDir == "" {
		o.DataDir = NewDataDir(t)
	}
	in := &Instance{
		DataDir: o.DataDir, t: t, mark: fmt.Sprintf("TANDEM_E2E_MARK=%d-%d", os.Getpid(), time.Now().UnixNano()),
		exited: make(chan struct{}), ready: make(chan map[string]string, 1),
	}
	arguments := []string{"--data-dir", o.DataDir}
	for _, flag := range []string{"--listen", "--ops-listen", "--temporal-listen", "--temporal-ui-listen", "--simulator-listen"} {
		if !slices.Contains(o.Arguments, flag) {
			arguments = append(arguments, flag, "127.0.0.1:0")
		}
	}
	in.cmd = exec.Command(Binary(t), append(arguments, o.Arguments...)...) //nolint:noctx // Stop and Kill end it
	in.cmd.Env = append(cleanEnvironment(), in.mark)
	in.cmd.Env = append(in.cmd.Env, o.Environment...)
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	in.cmd.Stdout, in.cmd.Stderr = writer, writer
	require.NoError(t, in.cmd.Start())
	require.NoError(t, writer.Close())
	go in.follow(reader)
	t.Cleanup(in.cleanUp)
	return in
}

// follow reads the output until the last process that holds it has ended, and notes the ready line.
func (in *Instance) follow(output *os.File) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		line := lines.Text()
		in.mu.Lock()
		in.output = append(in.output, line)
		in.mu.Unlock()
		if strings.HasPrefix(line, "tandem ready ") {
			words := map[string]string{}
			for _, word := range strings.Fields(line)[2:] {
				name, value, _ := strings.Cut(word, "=")
				words[name] = value
			}
			in.ready <- words
		}
	}
	in.waitErr = in.cmd.Wait()
	close(in.exited)
}

func (in *Instance) cleanUp() {
	in.Signal(syscall.SIGTERM)
	select {
	case <-in.exited:
	case <-time.After(time.Minute):
		in.Signal(syscall.SIGKILL)
		require.Fail(in.t, "the instance did not stop", in.Output())
		return
	}
	require.Empty(in.t, in.Processes(), "processes left behind")
	if in.t.Failed() {
		in.t.Log(in.Output())
		in.t.Log(in.tailOfLogs())
	}
}

// Output is everything the instance printed.
func (in *Instance) Output() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return strings.Join(in.output, "\n")
}

// tailOfLogs is the end of each log, for the report of a failed test.
func (in *Instance) tailOfLogs() string {
	var out strings.Builder
	logs, _ := filepath.Glob(filepath.Join(in.DataDir, "logs", "*.log"))
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			continue
		}
		const tail = 4000
		fmt.Fprintf(&out, "== %s\n%s\n", filepath.Base(log), text[max(0, len(text)-tail):])
	}
	return out.String()
}

// Signal sends a signal to the instance; one that has ended doesn't mind.
func (in *Instance) Signal(s syscall.Signal) { _ = in.cmd.Process.Signal(s) }

// Stop sends SIGTERM and gives the exit code.
func (in *Instance) Stop() int {
	in.t.Helper()
	in.Signal(syscall.SIGTERM)
	return in.Wait()
}

// Kill ends the instance with SIGKILL, as a crash or a power switch would, and returns when its children are gone too.
func (in *Instance) Kill() {
	in.t.Helper()
	in.Signal(syscall.SIGKILL)
	in.Wait()
	require.Eventually(in.t, func() bool { return len(in.Processes()) == 0 }, Patience, 20*time.Millisecond)
}

// Wait returns the exit code when the instance has ended, -1 when a signal ended it.
func (in *Instance) Wait() int {
	in.t.Helper()
	select {
	case <-in.exited:
	case <-time.After(time.Minute):
		require.FailNow(in.t, "the instance does not end", in.Output())
	}
	return in.cmd.ProcessState.ExitCode()
}

// NewDataDir is an empty folder that every user can walk through, as the server's own user must when tests run as root.
func NewDataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tandem-e2e-") //nolint:usetesting // TempDir is closed to the server's own user
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return filepath.Join(dir, "data")
}

// cleanEnvironment is ours without what would reconfigure the instance.
func cleanEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "TANDEM_") || strings.HasPrefix(v, "TEMPORAL_")
	})
}

var build struct {
	once sync.Once
	path string
	err  error
}

// Binary is the program under test: TANDEM_DEV_BIN, or built from this tree by the first test that asks.
func Binary(t *testing.T) string {
	t.Helper()
	build.once.Do(func() {
		if build.path = os.Getenv("TANDEM_DEV_BIN"); build.path != "" {
			build.path, build.err = filepath.Abs(build.path)
			return
		}
		build.path, build.err = buildBinary()
	})
	require.NoError(t, build.err)
	return build.path
}

func buildBinary() (string, error) {
	dir, err := os.MkdirTemp("", "tandem-e2e-bin-")
	if err != nil {
		return "", fmt.Errorf("making a folder for the binary: %w", err)
	}
	path := filepath.Join(dir, "tandem-dev")
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "build", "-o", path, "tandem/devstack").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building tandem-dev: %w: %s", err, out)
	}
	return path, nil
}

// RemoveBuild removes the binary that the tests built, if they did; TestMain calls it last.
func RemoveBuild() error {
	if build.path == "" || os.Getenv("TANDEM_DEV_BIN") != "" {
		return nil
	}
	return os.RemoveAll(filepath.Dir(build.path))
}
