package bench

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far a phase has come: a bar on a terminal, a line now and then elsewhere.
type progress struct {
	out      io.Writer
	terminal bool

	mu    sync.Mutex
	label string
	total int
	bar   *progressbar.ProgressBar
	told  time.Time
}

// tellEvery is the pause between two updates: rarely enough to cost nothing.
const (
	tellEvery     = 200 * time.Millisecond
	tellLineEvery = 10 * time.Second
)

func newProgress(out io.Writer, terminal bool) *progress {
	if out == nil {
		out = io.Discard
	}
	return &progress{out: out, terminal: terminal}
}

func (p *progress) begin(label string, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish()
	p.label, p.total, p.told = label, total, time.Now()
	if p.terminal {
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription(label),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(tellEvery))
		return
	}
	fmt.Fprintf(p.out, "%s: %d\n", label, total)
}

func (p *progress) at(done int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	every := tellLineEvery
	if p.terminal {
		every = tellEvery
	}
	if time.Since(p.told) < every {
		return
	}
	p.told = time.Now()
	if p.bar != nil {
		_ = p.bar.Set(min(done, p.total)) // a bar that can't be drawn is no reason to stop measuring
		return
	}
	fmt.Fprintf(p.out, "%s: %d of %d\n", p.label, done, p.total)
}

func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish()
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish() // see at
		p.bar = nil
	}
}
