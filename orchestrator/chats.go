package orchestrator

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"tandem/activities"
	"tandem/domain"
	"tandem/workflows"
)

const (
	// A signal either lands within this time or goes out again later; a command's caller is a person who waits.
	signalWithin  = 5 * time.Second
	commandWithin = 5 * time.Second
)

// start gives the options of a chat's workflow. One that completed stays completed: its chat is closed, and only an
// operator's termination, a failure or a cancellation leaves something to go on with.
func start(account domain.AccountID, chat domain.ChatID) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       workflows.ChatWorkflowID(account, chat),
		TaskQueue:                workflows.QueueChat,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}
}

// SignalChat tells a chat's workflow facts of one kind, and starts the workflow when there is none.
func (c *Client) SignalChat(ctx context.Context, account domain.AccountID, chat domain.ChatID, kind domain.FactKind, facts []domain.Fact) error {
	ctx, cancel := context.WithTimeout(ctx, signalWithin)
	defer cancel()
	options := start(account, chat)
	_, err := c.temporal.SignalWithStartWorkflow(ctx, options.ID, workflows.FactSignal(kind).Name, facts, options,
		workflows.NameChat, workflows.ChatInput{Account: account, Chat: chat})
	return err
}

// CloseCommand asks to dispose of a chat.
type CloseCommand struct {
	Account     domain.AccountID
	Chat        domain.ChatID
	Actor       domain.UserID
	Disposition domain.DispositionID
	Note        string
	SeenSeq     int64
	// CallbackAt is when the customer was promised to be called back, in CallbackZone; zero for no promise.
	CallbackAt   time.Time
	CallbackZone string
	// BreakAfter books a break with this reason for when the actor's chats are done; empty books none.
	BreakAfter string
	// Key makes a repeat of the command the same command; a new one is minted when it is empty.
	Key string
}

// CloseChat disposes of a chat and waits until that is done: CodeConflict with the reason not_owner, chat_closed or
// customer_wrote when it can't be, CodeUnavailable with engine_unavailable when the engine doesn't answer in time; the
// command may then still be followed. A workflow that an operator terminated is started again.
func (c *Client) CloseChat(ctx context.Context, cmd CloseCommand) (domain.CloseResult, error) {
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	if cmd.Key == "" {
		cmd.Key = domain.NewID[string]()
	}
	update := client.UpdateWorkflowOptions{
		UpdateID: cmd.Key, WorkflowID: workflows.ChatWorkflowID(cmd.Account, cmd.Chat), UpdateName: workflows.CloseChat.Name,
		WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{workflows.CloseChatRequest{
			Actor: cmd.Actor, Disposition: cmd.Disposition, Note: cmd.Note, SeenSeq: cmd.SeenSeq,
			CallbackAt: cmd.CallbackAt, CallbackZone: cmd.CallbackZone, BreakAfter: cmd.BreakAfter,
		}},
	}
	result, err := answer[domain.CloseResult](ctx)(c.temporal.UpdateWorkflow(ctx, update))
	if domain.ReasonOf(translate(err)) == reasonNoWorkflow {
		operation := c.temporal.NewWithStartWorkflowOperation(start(cmd.Account, cmd.Chat), workflows.NameChat,
			workflows.ChatInput{Account: cmd.Account, Chat: cmd.Chat})
		result, err = answer[domain.CloseResult](ctx)(c.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: operation, UpdateOptions: update,
		}))
	}
	return result, translate(err)
}

// answer waits for an update's result.
func answer[Out any](ctx context.Context) func(client.WorkflowUpdateHandle, error) (Out, error) {
	return func(handle client.WorkflowUpdateHandle, err error) (out Out, _ error) {
		if err != nil {
			return out, err
		}
		return out, handle.Get(ctx, &out)
	}
}

// StartChat starts the workflow of an open chat, also when one completed before it; one that runs is left alone.
func (c *Client) StartChat(ctx context.Context, ref activities.ChatRef) error {
	options := start(ref.Account, ref.Chat)
	options.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	_, err := c.temporal.ExecuteWorkflow(ctx, options, workflows.NameChat, workflows.ChatInput{Account: ref.Account, Chat: ref.Chat})
	return translate(err)
}

// runningQuery finds the workflows of open chats.
const runningQuery = "WorkflowType = '" + workflows.NameChat + "' AND ExecutionStatus = 'Running'"

// RunningChats lists the chats that have a running workflow. The engine's list is some seconds behind.
func (c *Client) RunningChats(ctx context.Context) (map[activities.ChatRef]bool, error) {
	running := map[activities.ChatRef]bool{}
	var page []byte
	for {
		list, err := c.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: c.namespace, PageSize: 1000, NextPageToken: page, Query: runningQuery,
		})
		if err != nil {
			return nil, translate(fmt.Errorf("listing running chats: %w", err))
		}
		for _, w := range list.GetExecutions() {
			if account, chat, ok := workflows.ParseChatWorkflowID(w.GetExecution().GetWorkflowId()); ok {
				running[activities.ChatRef{Account: account, Chat: chat}] = true
			}
		}
		if page = list.GetNextPageToken(); len(page) == 0 {
			return running, nil
		}
	}
}
