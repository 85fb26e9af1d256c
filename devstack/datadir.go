package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// dataDir is the folder that everything lives in. It is locked while open: a second tandem-dev on the same folder would
// stop the first one's PostgreSQL.
type dataDir struct {
	path string
	lock *os.File
}

func openDataDir(path string) (*dataDir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("resolving --data-dir: %w", err)
	}
	// As root the server's unprivileged user has to walk through; what is secret has a mode of its own.
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(path, mode); err != nil {
		return nil, fmt.Errorf("making --data-dir: %w", err)
	}
	d := &dataDir{path: path}
	if err := d.acquire(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(d.in("logs"), 0o755); err != nil {
		return nil, errors.Join(fmt.Errorf("making the folder of the logs: %w", err), d.close())
	}
	return d, nil
}

func (d *dataDir) in(name string) string { return filepath.Join(d.path, name) }

func (d *dataDir) acquire() error {
	file, err := os.OpenFile(d.in("lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("opening the lock of --data-dir: %w", err)
	}
	// The kernel frees the lock when this process ends, however it ends; children don't inherit the file.
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer file.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("locking --data-dir: %w", err)
		}
		return fmt.Errorf("data folder %s is in use by process %s: stop that one, or choose another folder with --data-dir",
			d.path, holder(d.in("lock")))
	}
	if err = file.Truncate(0); err == nil {
		_, err = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing the lock of --data-dir: %w", err), file.Close())
	}
	d.lock = file
	return nil
}

func holder(lock string) string {
	text, err := os.ReadFile(lock)
	pid := strings.TrimSpace(string(text))
	if err != nil || pid == "" {
		return "(unknown)"
	}
	return pid
}

func (d *dataDir) close() error {
	if err := d.lock.Close(); err != nil {
		return fmt.Errorf("unlocking --data-dir: %w", err)
	}
	return nil
}

// encryptionKey gives the key kept in the folder, made on the first start.
func (d *dataDir) encryptionKey() (string, error) {
	file := d.in("encryption.key")
	text, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the encryption key: %w", err)
	}
	raw := make([]byte, 32)
	// Never fails: the runtime ends the process when the system has no randomness.
	_, _ = rand.Read(raw)
	key := base64.StdEncoding.EncodeToString(raw)
	// Written beside and moved, so that a kill in between leaves no half key.
	if err := os.WriteFile(file+".new", []byte(key+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keeping the encryption key: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return "", fmt.Errorf("keeping the encryption key: %w", err)
	}
	return key, nil
}

// maxLog is the size from which a log is put aside at the next start; one older log is kept.
const maxLog = 32 << 20

// openLog opens a log for appending. Children write to the file itself, so that nothing is lost with this process.
func (d *dataDir) openLog(name string) (*os.File, error) {
	path := d.in(filepath.Join("logs", name))
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("putting log %s aside: %w", name, err)
		}
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening log %s: %w", name, err)
	}
	return file, nil
}
