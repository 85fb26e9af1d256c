package workflows

import "go.temporal.io/sdk/workflow"

// Signal is a kind of message that a workflow is told and can't refuse. T is its payload.
type Signal[T any] struct{ Name string }

// receive takes everything that is waiting, without blocking.
func (s Signal[T]) receive(ctx workflow.Context, take func(T)) {
	for {
		var v T
		if !workflow.GetSignalChannel(ctx, s.Name).ReceiveAsync(&v) {
			return
		}
		take(v)
	}
}

// waiting reports whether there is something to receive.
func (s Signal[T]) waiting(ctx workflow.Context) bool {
	return workflow.GetSignalChannel(ctx, s.Name).Len() > 0
}

// Update is a command that a workflow answers or refuses.
type Update[In, Out any] struct{ Name string }

// handle registers the handler. The validator must not block or change anything; what it refuses leaves no trace in
// the history.
func (u Update[In, Out]) handle(
	ctx workflow.Context, summary string, validate func(workflow.Context, In) error, do func(workflow.Context, In) (Out, error),
) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, u.Name, do, workflow.UpdateHandlerOptions{
		Validator: validate, Description: summary,
	})
}

// Query is a question to one workflow. Never ask it for a list of workflows: screens read the ledger.
type Query[Out any] struct{ Name string }

// handle registers the answer.
func (q Query[Out]) handle(ctx workflow.Context, summary string, answer func() (Out, error)) error {
	return workflow.SetQueryHandlerWithOptions(ctx, q.Name, answer, workflow.QueryHandlerOptions{Description: summary})
}
