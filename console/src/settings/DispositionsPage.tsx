import { ArrowDown, ArrowUp, ListTree, Pencil, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import type { Disposition, Queue } from "../api/types";
import { buildTree, type TreeNode } from "../state/tree";
import { Empty, Failure, Skeleton } from "../views/basics";
import { settingsApi } from "./api";
import { moved } from "./chain";
import { DispositionDialog } from "./DispositionDialog";
import { sentenceOfCause, useDispositions, useQueues, useRenew } from "./data";
import { ErrorLine } from "./fields";
import { PageHead, useShell } from "./Shell";
import { words } from "./texts";

const DEEPEST = 3;
const STEP = 10;

/** What the dialog is about: a disposition, or a new one below another or at the top. */
type Subject = { kind: "edit"; node: Disposition } | { kind: "new"; parent: Disposition | undefined };

/** How agents say that a chat ended. */
export function DispositionsPage() {
  const { readOnly } = useShell();
  const list = useDispositions();
  const queues = useQueues();
  const [subject, setSubject] = useState<Subject>();
  const tree = useMemo(() => buildTree(list.data ?? []), [list.data]);
  const order = useReorder();
  return (
    <>
      <PageHead
        title={words.pages.dispositions}
        lead={words.leads.dispositions}
        aside={
          !readOnly && (
            <button
              type="button"
              className="button button-primary"
              onClick={() => setSubject({ kind: "new", parent: undefined })}
              data-testid="add-disposition"
            >
              <Plus size={16} aria-hidden="true" />
              {words.dispositions.add}
            </button>
          )
        }
      />
      {list.isError && !list.data && (
        <Failure title={words.loadFailed} detail={sentenceOfCause(list.error)} onRetry={() => void list.refetch()} />
      )}
      {!list.data && !list.isError && <Skeleton rows={5} kind="row" label={words.loading} />}
      {list.data?.length === 0 && (
        <Empty icon={<ListTree size={24} />} title={words.dispositions.none}>
          <p>{words.dispositions.noneText}</p>
        </Empty>
      )}
      <ErrorLine text={order.trouble} />
      {tree.length > 0 && (
        <div className="set-card set-tree">
          <Branch
            nodes={tree}
            queues={queues.data ?? []}
            onSubject={setSubject}
            onMove={order.move}
            busy={order.busy}
          />
        </div>
      )}
      {subject && (
        <DispositionDialog
          node={subject.kind === "edit" ? subject.node : undefined}
          parent={subject.kind === "new" ? subject.parent : undefined}
          lastPosition={Math.max(0, ...(list.data ?? []).map((item) => item.position))}
          queues={queues.data ?? []}
          onClose={() => setSubject(undefined)}
        />
      )}
    </>
  );
}

/** Moving one among its siblings: their positions are written anew where they change. */
function useReorder() {
  const renew = useRenew();
  const { flash } = useShell();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const move = async (siblings: readonly TreeNode[], from: number, to: number) => {
    setBusy(true);
    setTrouble(undefined);
    try {
      const changed = moved(siblings, from, to)
        .map(({ item }, place) => ({ item, position: (place + 1) * STEP }))
        .filter(({ item, position }) => item.position !== position);
      for (const { item, position } of changed) await settingsApi.patchDisposition(item.id, { position });
      flash(words.dispositions.moved(siblings[from]?.item.name ?? ""));
    } catch (cause) {
      setTrouble(`${words.dispositions.failed} ${sentenceOfCause(cause)}`);
    } finally {
      await renew();
      setBusy(false);
    }
  };
  return { busy, trouble, move };
}

interface BranchProps {
  nodes: readonly TreeNode[];
  queues: readonly Queue[];
  busy: boolean;
  onSubject(subject: Subject): void;
  onMove(siblings: readonly TreeNode[], from: number, to: number): Promise<void>;
}

function Branch(props: BranchProps) {
  return (
    <ul>
      {props.nodes.map((node, place) => (
        <li key={node.item.id} data-testid="disposition" data-level={node.level}>
          <Row {...props} node={node} place={place} />
          {node.children.length > 0 && <Branch {...props} nodes={node.children} />}
        </li>
      ))}
    </ul>
  );
}

function Row({ nodes, node, place, queues, busy, onSubject, onMove }: BranchProps & { node: TreeNode; place: number }) {
  const { readOnly } = useShell();
  const item = node.item as Disposition;
  const names = queues.filter((queue) => item.queue_ids.includes(queue.id)).map((queue) => queue.name);
  return (
    <div className="set-tree-row" data-disabled={item.disabled}>
      <span className="set-tree-name">
        <strong>{item.name}</strong>
        {item.callback && <span className="set-tag">{words.dispositions.callbackTag}</span>}
        {item.disabled && <span className="set-tag">{words.dispositions.disabled}</span>}
        <small className="muted">
          {names.length > 0 ? names.join(", ") : node.level === 1 && words.dispositions.allQueues}
        </small>
      </span>
      {!readOnly && (
        <span className="set-step-tools">
          {node.level < DEEPEST && (
            <button
              type="button"
              className="icon-button icon-small"
              aria-label={words.dispositions.addUnder(item.name)}
              title={words.dispositions.addUnder(item.name)}
              onClick={() => onSubject({ kind: "new", parent: item })}
            >
              <Plus size={16} />
            </button>
          )}
          <button
            type="button"
            className="icon-button icon-small"
            aria-label={`${words.up}: ${item.name}`}
            disabled={place === 0 || busy}
            onClick={() => void onMove(nodes, place, place - 1)}
          >
            <ArrowUp size={16} />
          </button>
          <button
            type="button"
            className="icon-button icon-small"
            aria-label={`${words.down}: ${item.name}`}
            disabled={place === nodes.length - 1 || busy}
            onClick={() => void onMove(nodes, place, place + 1)}
          >
            <ArrowDown size={16} />
          </button>
          <button
            type="button"
            className="icon-button icon-small"
            aria-label={words.dispositions.editOf(item.name)}
            title={words.dispositions.editOf(item.name)}
            onClick={() => onSubject({ kind: "edit", node: item })}
          >
            <Pencil size={15} />
          </button>
        </span>
      )}
    </div>
  );
}
