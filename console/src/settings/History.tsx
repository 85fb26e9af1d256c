import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { fullTime, momentOf } from "../state/time";
import { texts } from "../texts";
import { Failure, Skeleton } from "../views/basics";
import type { Version } from "./api";
import { words } from "./texts";

interface Props<T> {
  open: boolean;
  onClose(): void;
  versions: readonly Version<T>[] | undefined;
  failed: boolean;
  onRetry(): void;
  now: number;
  /** Says in names what differs between two versions. */
  compare(before: T, after: T): string[];
  /** Puts a version into the form; absent for those who only look. */
  onRestore?: ((version: Version<T>) => void) | undefined;
}

/** Who saved what and when, newest first. */
export function History<T>(props: Props<T>) {
  return (
    <Dialog.Root open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="popup dialog set-dialog-wide" data-testid="history-dialog">
          <Dialog.Title>{words.history.title}</Dialog.Title>
          <Dialog.Close className="icon-button set-dialog-close" aria-label={texts.close}>
            <X size={18} />
          </Dialog.Close>
          <p className="set-dialog-text">{words.history.lead}</p>
          <Rows {...props} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Rows<T>({ versions, failed, onRetry, now, compare, onRestore }: Props<T>) {
  if (failed) return <Failure title={words.history.failed} onRetry={onRetry} />;
  if (!versions) return <Skeleton rows={3} kind="row" label={words.loading} />;
  if (versions.length === 0) return <p className="muted">{words.history.none}</p>;
  return (
    <ol className="set-versions">
      {versions.map((version, place) => {
        const before = versions[place + 1];
        const changed = before && compare(before.body, version.body);
        return (
          <li key={version.version} data-testid="version" data-version={version.version}>
            <div>
              <p>
                <strong>{words.history.version(version.version)}</strong>
                {place === 0 && <span className="set-tag">{words.history.current}</span>}
              </p>
              <p className="muted">
                <time dateTime={version.at} title={fullTime(version.at)}>
                  {momentOf(version.at, now)}
                </time>{" "}
                {version.actor ? words.history.by(version.actor) : words.history.nobody}
              </p>
              <p className="set-version-what">
                {changed === undefined
                  ? version.version <= 1 && words.history.first
                  : changed.length > 0
                    ? words.history.changed(changed.join(", "))
                    : words.history.unchanged}
              </p>
            </div>
            {place > 0 && onRestore && (
              <button type="button" className="button button-small" onClick={() => onRestore(version)}>
                {words.history.restore}
              </button>
            )}
          </li>
        );
      })}
    </ol>
  );
}
