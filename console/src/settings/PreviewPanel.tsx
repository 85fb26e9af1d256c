import type { ReactNode } from "react";
import { Failure, Skeleton } from "../views/basics";
import type { Reading } from "./data";
import { words } from "./texts";

/** The policy in plain words, renewed as it is edited. */
export function PreviewPanel({ reading }: { reading: Reading & { retry(): void } }) {
  const { preview, busy, failed } = reading;
  return (
    <aside className="set-preview" aria-label={words.preview.title} data-testid="preview" data-busy={busy}>
      <h2>{words.preview.title}</h2>
      {failed && <Failure title={words.preview.failed} onRetry={reading.retry} />}
      {!preview && !failed && <Skeleton rows={4} kind="line" label={words.preview.busy} />}
      {preview && (
        <ol aria-live="polite" aria-busy={busy}>
          {preview.sentences.map((sentence, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a sentence is its place
            <li key={place}>{sentence}</li>
          ))}
        </ol>
      )}
    </aside>
  );
}

/** A tab's fields beside the preview. */
export function Beside({ aside, children }: { aside: ReactNode; children: ReactNode }) {
  return (
    <div className="set-beside">
      <div className="set-beside-main">{children}</div>
      {aside}
    </div>
  );
}
