import { ChevronRight, Search } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useId, useState } from "react";
import type { Disposition } from "../api/types";
import { ancestors, findNode, isLeaf, moveIn, type TreeNode, visibleRows } from "../state/tree";
import { texts } from "../texts";

interface Props {
  roots: readonly TreeNode[];
  chosen: string | undefined;
  disabled: boolean;
  search: RefObject<HTMLInputElement | null>;
  onChoose(item: Disposition): void;
}

const ARROWS = new Set(["ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft"]);

/** What is opened, searched and reached by the arrow keys. */
function useTree({ roots, chosen, onChoose }: Props) {
  const [query, setQuery] = useState("");
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(ancestors(findNode(roots, chosen))));
  const [reached, setReached] = useState(chosen);
  const searching = query.trim() !== "";
  const rows = visibleRows(roots, open, query);
  const active = rows.some((node) => node.item.id === reached) ? reached : searching ? rows[0]?.item.id : undefined;

  const toggle = (id: string, wanted = !open.has(id)) =>
    setOpen((known) => {
      const next = new Set(known);
      if (wanted) next.add(id);
      else next.delete(id);
      return next;
    });
  const pick = (node: TreeNode) => {
    setReached(node.item.id);
    if (isLeaf(node)) onChoose(node.item);
    else toggle(node.item.id);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (ARROWS.has(event.key)) {
      // While a word is being edited, left and right move in the word.
      if (searching && (event.key === "ArrowLeft" || event.key === "ArrowRight")) return;
      event.preventDefault();
      const move = moveIn(rows, active, open, event.key);
      setReached(move.active);
      if (move.open) toggle(move.open, true);
      if (move.shut) toggle(move.shut, false);
      return;
    }
    if (event.key !== "Enter") return;
    const node = rows.find((each) => each.item.id === active);
    // The first Enter chooses, the next one confirms the dialog.
    if (node && node.item.id !== chosen) {
      event.preventDefault();
      pick(node);
    }
  };
  return { query, setQuery, open, rows, active, searching, pick, onKeyDown };
}

/** The dispositions as a tree of up to three levels, by mouse or from the search field by keyboard alone. */
export function DispositionTree(props: Props) {
  const { roots, chosen, disabled } = props;
  const { query, setQuery, open, rows, active, searching, pick, onKeyDown } = useTree(props);
  const id = useId();
  const { search } = props;
  // The dialog has opened before the dispositions came: the keys belong here unless a person types elsewhere already.
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      if (!document.activeElement?.closest("[role=dialog] :is(input, textarea, select)")) search.current?.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, [search]);
  const deep = roots.some((node) => !isLeaf(node));
  return (
    <>
      <div className="search">
        <Search size={16} aria-hidden="true" />
        <input
          ref={search}
          type="search"
          role="combobox"
          aria-expanded="true"
          aria-haspopup="tree"
          aria-controls={`${id}-tree`}
          aria-activedescendant={active ? `${id}-${active}` : undefined}
          value={query}
          disabled={disabled}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder={texts.dispose.search}
          aria-label={texts.dispose.search}
          data-testid="disposition-search"
        />
      </div>
      <div className="option-list tree" id={`${id}-tree`} role="tree" aria-label={texts.dispose.tree}>
        {rows.length === 0 && <p className="muted">{texts.dispose.none}</p>}
        {rows.map((node) => (
          <Row
            key={node.item.id}
            id={`${id}-${node.item.id}`}
            node={node}
            open={open.has(node.item.id)}
            active={node.item.id === active}
            chosen={node.item.id === chosen}
            flat={searching}
            disabled={disabled}
            onPick={() => pick(node)}
          />
        ))}
      </div>
      {deep && <p className="tree-keys muted">{texts.dispose.treeKeys}</p>}
    </>
  );
}

interface RowProps {
  id: string;
  node: TreeNode;
  open: boolean;
  active: boolean;
  chosen: boolean;
  /** Shown with its whole path, as a result of a search. */
  flat: boolean;
  disabled: boolean;
  onPick(): void;
}

function Row({ id, node, open, active, chosen, flat, disabled, onPick }: RowProps) {
  const leaf = isLeaf(node);
  return (
    // The search field has the focus and the keys; the rows only take the mouse.
    <div
      id={id}
      role="treeitem"
      tabIndex={-1}
      className="option tree-row"
      aria-level={flat ? 1 : node.level}
      aria-expanded={leaf ? undefined : open}
      aria-selected={chosen}
      aria-disabled={disabled}
      data-testid={leaf ? "disposition-option" : "disposition-group"}
      data-active={active}
      data-chosen={chosen}
      data-level={flat ? 1 : node.level}
      ref={active ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
      onMouseDown={(event) => {
        event.preventDefault();
        if (!disabled) onPick();
      }}
    >
      {leaf ? (
        <span className="radio" aria-hidden="true" data-on={chosen} />
      ) : (
        <ChevronRight className="twisty" size={16} aria-hidden="true" data-open={open} />
      )}
      <span className="tree-name">
        {flat && node.path.length > 1 && <span className="muted">{node.path.slice(0, -1).join(" › ")} › </span>}
        {node.item.name}
      </span>
    </div>
  );
}
