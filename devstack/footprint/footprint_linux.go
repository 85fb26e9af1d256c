package footprint

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// forgetProgramPages unmaps the clean pages of the program's file. Mappings that may be written are left alone: their
// pages hold values that the file doesn't.
func forgetProgramPages() error {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	file, err := os.Open("/proc/self/maps")
	if err != nil {
		return fmt.Errorf("reading the memory map: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		// start-end perms offset device inode path
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || fields[5] != program || strings.Contains(fields[1], "w") {
			continue
		}
		if err := forget(fields[0]); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading the memory map: %w", err)
	}
	return nil
}

func forget(span string) error {
	from, to, ok := strings.Cut(span, "-")
	if !ok {
		return fmt.Errorf("reading the memory map: %q is no span", span)
	}
	start, err := strconv.ParseUint(from, 16, 64)
	if err != nil {
		return fmt.Errorf("reading the memory map: %w", err)
	}
	end, err := strconv.ParseUint(to, 16, 64)
	if err != nil {
		return fmt.Errorf("reading the memory map: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_MADVISE, uintptr(start), uintptr(end-start), unix.MADV_DONTNEED); errno != 0 {
		return fmt.Errorf("giving back memory: %w", errno)
	}
	return nil
}
