package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tandem/domain"
)

// maxDispositionLevels is how deep the tree of dispositions goes.
const maxDispositionLevels = 3

var (
	dispositionsOfAccount = define("dispositions of an account", `
select d.id, d.name, d.position, d.disabled_at is not null as disabled, d.parent_id, d.queue_ids, d.callback
from dispositions d where d.account_id = @account order by d.position, d.name, d.id`)
	insertDisposition = define("make a disposition", `
insert into dispositions (id, account_id, name, position, parent_id, queue_ids, callback, created_at)
values (@id, @account, @name, @position, nullif(@parent, '')::uuid, @queues::uuid[], @callback, @now)`)
	updateDisposition = define("change a disposition", `
update dispositions set name = @name, position = @position, parent_id = nullif(@parent, '')::uuid, queue_ids = @queues::uuid[],
  callback = @callback, disabled_at = case when @disabled then coalesce(disabled_at, @now) end
where id = @id and account_id = @account`)
	chooseDisposition = define("choose a disposition for a chat's end", `
update chats set next_disposition_id = @disposition, next_note = @note where id = @chat`)
	correctDisposition = define("correct a closed chat's disposition", `
update chats set disposition_id = @disposition, note = @note where id = @chat`)
)

// dispositionTree is an account's dispositions by their ids.
type dispositionTree map[domain.DispositionID]domain.Disposition

func (t *tx) dispositions(ctx context.Context) ([]domain.Disposition, error) {
	return many[domain.Disposition](ctx, t, dispositionsOfAccount, args{"account": t.account})
}

func treeOf(all []domain.Disposition) dispositionTree {
	tree := make(dispositionTree, len(all))
	for _, d := range all {
		tree[d.ID] = d
	}
	return tree
}

// level gives how deep a disposition stands: 1 at the top. A ring, which the checks prevent, counts as too deep.
func (tree dispositionTree) level(id domain.DispositionID) int {
	level := 1
	for d := tree[id]; d.ParentID != nil && level <= len(tree); d = tree[*d.ParentID] {
		level++
	}
	return level
}

// height gives how many levels a disposition and what stands below it take.
func (tree dispositionTree) height(id domain.DispositionID) int {
	most := 0
	for child, d := range tree {
		if d.ParentID != nil && *d.ParentID == id {
			most = max(most, tree.height(child))
		}
	}
	return most + 1
}

// below reports whether a disposition is another one or stands below it.
func (tree dispositionTree) below(id, top domain.DispositionID) bool {
	for range tree {
		if id == top {
			return true
		}
		parent := tree[id].ParentID
		if parent == nil {
			return false
		}
		id = *parent
	}
	return false
}

// offers reports whether a disposition may be seen when a chat of a queue ends: it and all above it are in use and offered
// in the queue.
func (tree dispositionTree) offers(id domain.DispositionID, queue domain.QueueID) bool {
	for range tree {
		d, known := tree[id]
		if !known || d.Disabled || !offeredIn(d, queue) {
			return false
		}
		if d.ParentID == nil {
			return true
		}
		id = *d.ParentID
	}
	return false
}

func offeredIn(d domain.Disposition, queue domain.QueueID) bool {
	return len(d.QueueIDs) == 0 || slices.Contains(d.QueueIDs, queue)
}

// dispositionFor gives a disposition that a person may choose for a chat of a queue: in use, offered there, and none that
// only leads to others.
func (t *tx) dispositionFor(ctx context.Context, queue domain.QueueID, id domain.DispositionID) (domain.Disposition, error) {
	all, err := t.dispositions(ctx)
	if err != nil {
		return domain.Disposition{}, err
	}
	tree := treeOf(all)
	if !tree.offers(id, queue) {
		return domain.Disposition{}, domain.Invalid("disposition_id", "this disposition isn't in use for chats of this queue; choose another one")
	}
	for child, d := range tree {
		if d.ParentID != nil && *d.ParentID == id && tree.offers(child, queue) {
			return domain.Disposition{}, domain.Invalid("disposition_id", "%s is a group; choose one of those below it", tree[id].Name)
		}
	}
	return tree[id], nil
}

// downwards puts dispositions into the order of their tree: each followed by what stands below it.
func downwards(all []domain.Disposition, below *domain.DispositionID) []domain.Disposition {
	ordered := []domain.Disposition{}
	for _, d := range all {
		if or(d.ParentID) == or(below) {
			ordered = append(append(ordered, d), downwards(all, &d.ID)...)
		}
	}
	return ordered
}

// Dispositions gives the account's dispositions as a flat list in the order of their tree: with a queue those that chats of it may end
// with and the groups above them, without one all, the disabled ones included.
func (s *Store) Dispositions(ctx context.Context, a domain.Actor, queue domain.QueueID) ([]domain.Disposition, error) {
	all, err := list[domain.Disposition](ctx, s, a, dispositionsOfAccount, args{"account": a.Account})
	if err != nil {
		return nil, err
	}
	all = downwards(all, nil)
	if queue == "" {
		return all, nil
	}
	tree := treeOf(all)
	offered := []domain.Disposition{}
	for _, d := range all {
		if tree.offers(d.ID, queue) {
			offered = append(offered, d)
		}
	}
	return offered, nil
}

// CreateDisposition adds a disposition. CodeInvalid parent_id when the tree would become too deep, or there is no such
// disposition.
func (s *Store) CreateDisposition(ctx context.Context, a domain.Actor, n domain.NewDisposition) (domain.Disposition, error) {
	d := domain.Disposition{
		ID: domain.NewID[domain.DispositionID](), Name: n.Name, Position: n.Position, QueueIDs: distinct(n.Queues), Callback: n.Callback,
	}
	if n.Parent != "" {
		d.ParentID = &n.Parent
	}
	err := s.change(ctx, a, "dispositions", func(t *tx) error {
		if err := t.checkDisposition(ctx, d); err != nil {
			return err
		}
		_, err := exec(ctx, t, insertDisposition, args{
			"id": d.ID, "account": t.account, "name": d.Name, "position": d.Position, "parent": string(n.Parent), "queues": d.QueueIDs,
			"callback": d.Callback, "now": t.now,
		})
		if err != nil {
			return err
		}
		return t.audit(a, "disposition.created", string(d.ID), map[string]any{
			"name": d.Name, "parent_id": n.Parent, "queue_ids": d.QueueIDs, "callback": d.Callback,
		})
	})
	return d, err
}

// checkDisposition checks where a disposition, new or changed, is to stand. It takes the dispatch lock, so that two changes
// of the tree don't meet.
func (t *tx) checkDisposition(ctx context.Context, d domain.Disposition) error {
	if err := t.lockDispatch(ctx); err != nil {
		return err
	}
	if err := t.mustExist(ctx, queuesKnown, "queues", d.QueueIDs, "queue_ids", "no queue of this account has one of these ids"); err != nil {
		return err
	}
	if d.ParentID == nil {
		return nil
	}
	all, err := t.dispositions(ctx)
	if err != nil {
		return err
	}
	tree := treeOf(all)
	parent, known := tree[*d.ParentID]
	switch {
	case !known:
		return domain.Invalid("parent_id", "no disposition of this account has this id")
	case tree.below(parent.ID, d.ID):
		return domain.Invalid("parent_id", "%s stands below this disposition", parent.Name)
	case tree.level(parent.ID)+tree.height(d.ID) > maxDispositionLevels:
		return domain.Invalid("parent_id", "the tree would have more than %d levels", maxDispositionLevels)
	}
	return nil
}

// UpdateDisposition changes a disposition. Chats that ended with it keep it, whatever becomes of it.
func (s *Store) UpdateDisposition(ctx context.Context, a domain.Actor, id domain.DispositionID, p domain.DispositionPatch) (domain.Disposition, error) {
	var d domain.Disposition
	err := s.change(ctx, a, "dispositions", func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		all, err := t.dispositions(ctx)
		if err != nil {
			return err
		}
		known := false
		if d, known = treeOf(all)[id]; !known {
			return domain.E(domain.CodeNotFound, "no disposition has this id").Because("unknown_disposition")
		}
		d = patched(d, p)
		if err := t.checkDisposition(ctx, d); err != nil {
			return err
		}
		_, err = exec(ctx, t, updateDisposition, args{
			"id": id, "account": t.account, "name": d.Name, "position": d.Position, "parent": string(or(d.ParentID)),
			"queues": d.QueueIDs, "callback": d.Callback, "disabled": d.Disabled, "now": t.now,
		})
		if err != nil {
			return err
		}
		return t.audit(a, "disposition.changed", string(id), map[string]any{
			"name": p.Name, "position": p.Position, "parent_id": p.Parent, "queue_ids": p.Queues, "callback": p.Callback, "disabled": p.Disabled,
		})
	})
	return d, err
}

func patched(d domain.Disposition, p domain.DispositionPatch) domain.Disposition {
	if p.Name != nil {
		d.Name = *p.Name
	}
	if p.Position != nil {
		d.Position = *p.Position
	}
	if p.Parent != nil {
		d.ParentID = p.Parent
		if *p.Parent == "" {
			d.ParentID = nil
		}
	}
	if p.Queues != nil {
		d.QueueIDs = distinct(*p.Queues)
	}
	if p.Callback != nil {
		d.Callback = *p.Callback
	}
	if p.Disabled != nil {
		d.Disabled = *p.Disabled
	}
	return d
}

// ChooseDisposition keeps a disposition for an open chat's end, for its owner or a supervisor; on a closed chat it corrects
// the one it ended with, with a line in the audit trail. CodeInvalid when it isn't offered for the chat's queue,
// CodeConflict not_owner names the owner.
func (s *Store) ChooseDisposition(
	ctx context.Context, a domain.Actor, id domain.ChatID, disposition domain.DispositionID, note string,
) (domain.ChatView, error) {
	note, err := checkedNote(note)
	if err == nil {
		_, err = domain.ParseID[domain.DispositionID]("disposition_id", string(disposition))
	}
	if err == nil {
		err = mayReadChats(a)
	}
	if err != nil {
		return domain.ChatView{}, err
	}
	if _, err := uuid.Parse(string(id)); err != nil {
		return domain.ChatView{}, errNoChat()
	}
	var view domain.ChatView
	err = s.inAccount(ctx, a.Account, func(t *tx) error {
		c, err := t.lockedReadable(ctx, a, id)
		if err != nil {
			return err
		}
		if c.owner() != a.User && !a.Role.Supervises() {
			return errNotOwner(&c)
		}
		if _, err := t.dispositionFor(ctx, c.QueueID, disposition); err != nil {
			return err
		}
		if err := t.choose(a, c, disposition, note); err != nil {
			return err
		}
		if view, err = t.viewNow(ctx, &c); err != nil {
			return err
		}
		return t.emitUpdated(&c)
	})
	if err != nil {
		return domain.ChatView{}, fmt.Errorf("choosing a disposition: %w", err)
	}
	return view, nil
}

func (t *tx) choose(a domain.Actor, c chatRow, disposition domain.DispositionID, note string) error {
	with := args{"chat": c.ID, "disposition": disposition, "note": note}
	if c.Phase.Open() {
		t.later(chooseDisposition, with)
		return t.auditCommand(a, &c, c.owner(), "chat.disposition_chosen", map[string]any{"disposition_id": disposition})
	}
	t.later(correctDisposition, with)
	return t.audit(a, "chat.disposition_corrected", string(c.ID), map[string]any{
		"before": c.DispositionID, "note_before": c.Note, "after": disposition, "note_after": note,
	})
}
