package companion

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// report is one line that the child writes on its standard output.
type report struct {
	Progress string `json:"progress,omitempty"`
	Ready    bool   `json:"ready,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Teller tells the parent how the child gets on. An error means that the parent is gone.
type Teller struct{ reports *json.Encoder }

// Progress tells a sentence for a person who waits for the first start.
func (t Teller) Progress(sentence string) error { return t.tell(report{Progress: sentence}) }

// Ready tells that the child serves.
func (t Teller) Ready() error { return t.tell(report{Ready: true}) }

func (t Teller) tell(r report) error {
	if err := t.reports.Encode(r); err != nil {
		return fmt.Errorf("telling the parent: %w", err)
	}
	return nil
}

// Serve is the life of a child process: it reads its configuration from in and runs the part until in ends (the parent
// closed it, or died) or ctx does. What it reports on out is for Process.
func Serve[Config any](ctx context.Context, in io.Reader, out io.Writer, run func(context.Context, Config, Teller) error) error {
	input := bufio.NewReader(in)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	var c Config
	if err := json.Unmarshal(line, &c); err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		// Nothing more is ever sent: the end of the stream is the message.
		_, _ = io.Copy(io.Discard, input)
		cancel()
	}()
	tell := Teller{reports: json.NewEncoder(out)}
	if err := run(ctx, c, tell); err != nil {
		return errors.Join(err, tell.tell(report{Error: err.Error()}))
	}
	return nil
}

// Main runs Serve over this process's standard input and output. Libraries that print to standard output would garble the
// reports, so that they get standard error instead.
func Main[Config any](ctx context.Context, run func(context.Context, Config, Teller) error) error {
	out := os.Stdout
	os.Stdout = os.Stderr
	return Serve(ctx, os.Stdin, out, run)
}
