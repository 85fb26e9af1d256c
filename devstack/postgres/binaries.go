package postgres

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// minMajor is the oldest PostgreSQL that the product's SQL runs on.
const minMajor = 14

// Binaries is one installation of PostgreSQL on this machine.
type Binaries struct {
	// Dir holds the programs `postgres` and `initdb`.
	Dir string
	// Version is the full version, such as "15.18".
	Version string
	// Major is the first number of Version; a cluster can only be opened by the major version that made it.
	Major int
}

// searchGlobs are the places where packages put the server's programs, which are often not in PATH.
var searchGlobs = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/lib64/pgsql*/bin",
	"/usr/libexec/postgresql*",
	"/usr/local/pgsql*/bin",
	"/opt/postgresql*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/opt/local/lib/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// Find returns the newest PostgreSQL on this machine, 14 or newer. With a major version it returns the newest of
// that major only. ok is false when there is none.
func Find(ctx context.Context, major int) (found Binaries, ok bool) {
	for _, dir := range candidates() {
		b, err := inspect(ctx, dir)
		if err != nil || b.Major < minMajor || (major != 0 && b.Major != major) {
			continue
		}
		if !ok || newer(b.Version, found.Version) {
			found, ok = b, true
		}
	}
	return found, ok
}

func candidates() []string {
	var dirs []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		program, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
		if err == nil {
			dirs = append(dirs, filepath.Dir(program))
		}
	}
	for _, glob := range searchGlobs {
		// The patterns are constants, so that the only error (a malformed one) can't occur.
		matches, _ := filepath.Glob(glob)
		dirs = append(dirs, matches...)
	}
	seen := map[string]bool{}
	unique := dirs[:0]
	for _, dir := range dirs {
		if !seen[dir] {
			seen[dir] = true
			unique = append(unique, dir)
		}
	}
	return unique
}

var versionPattern = regexp.MustCompile(`\d+(\.\d+)*`)

func inspect(ctx context.Context, dir string) (Binaries, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return Binaries{}, fmt.Errorf("looking for initdb: %w", err)
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("asking %s for its version: %w", dir, err)
	}
	version := versionPattern.FindString(string(out))
	first, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(first)
	if err != nil {
		return Binaries{}, fmt.Errorf("reading the version of %s: %w", dir, err)
	}
	return Binaries{Dir: dir, Version: version, Major: major}, nil
}

// newer compares dotted versions number by number, so that 14.10 is newer than 14.9.
func newer(a, b string) bool {
	left, right := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(left), len(right)) {
		// Both matched versionPattern, so that every part is a number.
		x, _ := strconv.Atoi(left[i])
		y, _ := strconv.Atoi(right[i])
		if x != y {
			return x > y
		}
	}
	return len(left) > len(right)
}

// downloadable are the versions that the embedded-postgres library pins, by major.
var downloadable = map[int]embeddedpostgres.PostgresVersion{
	14: embeddedpostgres.V14,
	15: embeddedpostgres.V15,
	16: embeddedpostgres.V16,
	17: embeddedpostgres.V17,
	18: embeddedpostgres.V18,
}

// defaultDownload is the major version fetched for a new cluster.
const defaultDownload = 17

// download fetches PostgreSQL into dir, once. The library has no call that only fetches, so its own start is used,
// on a throw-away cluster; as root that start fails after the programs are in place, which is all that's wanted.
func download(ctx context.Context, dir, repository string, major int) (Binaries, error) {
	if major == 0 {
		major = defaultDownload
	}
	bin := filepath.Join(dir, "bin")
	if b, err := inspect(ctx, bin); err == nil && b.Major == major {
		return b, nil
	}
	version, ok := downloadable[major]
	if !ok {
		return Binaries{}, fmt.Errorf("PostgreSQL %d can't be downloaded: install it, or set TANDEM_DATABASE_URL", major)
	}
	scratch, err := os.MkdirTemp("", "tandem-postgres-")
	if err != nil {
		return Binaries{}, fmt.Errorf("making a folder for the download: %w", err)
	}
	defer os.RemoveAll(scratch)
	port, err := freePort(ctx)
	if err != nil {
		return Binaries{}, err
	}
	cfg := embeddedpostgres.DefaultConfig().Version(version).BinariesPath(dir).CachePath(filepath.Join(scratch, "cache")).
		RuntimePath(filepath.Join(scratch, "run")).Port(uint32(port)).Logger(io.Discard)
	if repository != "" {
		cfg = cfg.BinaryRepositoryURL(repository)
	}
	database := embeddedpostgres.NewDatabase(cfg)
	startErr := database.Start()
	if startErr == nil {
		if err := database.Stop(); err != nil {
			return Binaries{}, fmt.Errorf("stopping the downloaded PostgreSQL: %w", err)
		}
	}
	b, err := inspect(ctx, bin)
	if err != nil {
		if startErr != nil {
			err = startErr
		}
		return Binaries{}, fmt.Errorf("no PostgreSQL %d or newer on this machine, and downloading it failed "+
			"(install PostgreSQL, or set TANDEM_DATABASE_URL): %w", minMajor, err)
	}
	return b, nil
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	defer l.Close()
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("unexpected listener address %s", l.Addr())
	}
	return addr.Port, nil
}
