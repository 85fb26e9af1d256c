package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is Linux's USER_HZ, fixed for programs on every architecture.
const ticksPerSecond = 100

// processUse is what one part of the product uses.
type processUse struct {
	cpu    time.Duration // since the processes began, their ended children included
	memory int64         // bytes; memory shared between PostgreSQL's processes counts once
}

// The parts of the product on one machine.
const (
	partProduct  = "tandem"
	partEngine   = "temporal"
	partPostgres = "postgres"
)

type process struct {
	pid, parent int
	part        string
	cpu         time.Duration
}

// processTree gives the use of pid and all its descendants by part; empty when there is no such process here.
func processTree(pid int) map[string]processUse {
	all := map[int]process{}
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	for _, path := range paths {
		if p, ok := readProcess(path); ok {
			all[p.pid] = p
		}
	}
	use := map[string]processUse{}
	for _, p := range all {
		if !descends(all, p.pid, pid) {
			continue
		}
		u := use[p.part]
		u.cpu += p.cpu
		u.memory += memoryOf(p.pid)
		use[p.part] = u
	}
	return use
}

func descends(all map[int]process, pid, ancestor int) bool {
	for range len(all) {
		if pid == ancestor {
			return true
		}
		p, ok := all[pid]
		if !ok || p.parent == 0 {
			return false
		}
		pid = p.parent
	}
	return false
}

// readProcess reads /proc/<pid>/stat. Processes that ended meanwhile are skipped.
func readProcess(path string) (process, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return process{}, false
	}
	head, rest, ok := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 15 {
		return process{}, false
	}
	id, name, _ := strings.Cut(head, " (")
	pid, err := strconv.Atoi(id)
	if err != nil {
		return process{}, false
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return process{}, false
	}
	var ticks int64
	for _, field := range fields[11:15] { // utime, stime and those of ended children
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return process{}, false
		}
		ticks += n
	}
	return process{pid: pid, parent: parent, part: partOf(pid, name), cpu: time.Duration(ticks) * time.Second / ticksPerSecond}, true
}

func partOf(pid int, name string) string {
	if name == "postgres" {
		return partPostgres
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err == nil && strings.Contains(string(command), "\x00engine") {
		return partEngine
	}
	return partProduct
}

// memoryOf gives a process's proportional memory, or its resident memory when only that may be read.
func memoryOf(pid int) int64 {
	if kb, ok := lineOf(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss:"); ok {
		return kb << 10
	}
	kb, _ := lineOf(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:")
	return kb << 10
}

func lineOf(path, key string) (int64, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			fields := strings.Fields(rest)
			if len(fields) == 0 {
				return 0, false
			}
			n, err := strconv.ParseInt(fields[0], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// machineBusy gives the CPU time all processes have used since boot.
func machineBusy() time.Duration {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(data), "\n")
	var busy int64
	for i, field := range strings.Fields(first) {
		n, err := strconv.ParseInt(field, 10, 64)
		// Fields: cpu user nice system idle iowait irq softirq steal guest guest_nice; the guests are in user already.
		if err != nil || i == 4 || i == 5 || i > 8 {
			continue
		}
		busy += n
	}
	return time.Duration(busy) * time.Second / ticksPerSecond
}
