package roles

import (
	"context"

	"tandem/api"
	"tandem/domain"
	"tandem/orchestrator"
)

// chatCommands speaks api's command to the orchestrator: neither package knows the other.
type chatCommands struct{ client *orchestrator.Client }

// CloseChat hands the command to the chat's workflow.
func (c chatCommands) CloseChat(ctx context.Context, cmd api.CloseCommand) (domain.CloseResult, error) {
	return c.client.CloseChat(ctx, orchestrator.CloseCommand{
		Account: cmd.Account, Chat: cmd.Chat, Actor: cmd.Actor, Disposition: cmd.Disposition,
		Note: cmd.Note, SeenSeq: cmd.SeenSeq, Key: cmd.Key,
		CallbackAt: cmd.CallbackAt, CallbackZone: cmd.CallbackZone, BreakAfter: cmd.BreakAfter,
	})
}
