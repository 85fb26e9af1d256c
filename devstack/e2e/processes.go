package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Process is one process of an instance.
type Process struct {
	Pid     int
	Command string
}

func (p Process) String() string { return fmt.Sprintf("%d %s", p.Pid, p.Command) }

// Processes lists what is alive of the instance: whatever carries its mark in the environment, and PostgreSQL's
// processes (which overwrite theirs) by the folder they work in.
func (in *Instance) Processes() []Process {
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	var found []Process
	for _, dir := range entries {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() || !in.owns(dir) {
			continue
		}
		command, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || len(command) == 0 { // gone meanwhile, or a zombie that its parent has not asked for yet
			continue
		}
		found = append(found, Process{Pid: pid, Command: string(bytes.TrimRight(bytes.ReplaceAll(command, []byte{0}, []byte{' '}), " "))})
	}
	return found
}

func (in *Instance) owns(dir string) bool {
	// Beside the instance that serves a folder there may be one that was refused.
	serves := in.Console != ""
	if cwd, err := os.Readlink(filepath.Join(dir, "cwd")); err == nil && serves && strings.HasPrefix(cwd, in.DataDir+"/") {
		return true
	}
	environment, err := os.ReadFile(filepath.Join(dir, "environ"))
	return err == nil && bytes.Contains(environment, []byte(in.mark))
}

// Engine is the process number of the workflow engine, 0 when there is none.
func (in *Instance) Engine() int {
	return in.find(func(p Process) bool { return strings.HasSuffix(p.Command, " engine") })
}

// Worker is the process number of the worker, 0 when there is none.
func (in *Instance) Worker() int {
	return in.find(func(p Process) bool { return strings.HasSuffix(p.Command, " work") })
}

// Database is the process number of PostgreSQL's first process, 0 when there is none.
func (in *Instance) Database() int {
	return in.find(func(p Process) bool { return strings.Contains(p.Command, "/postgres -D ") })
}

func (in *Instance) find(is func(Process) bool) int {
	for _, p := range in.Processes() {
		if is(p) {
			return p.Pid
		}
	}
	return 0
}
