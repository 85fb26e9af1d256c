import { Undo2 } from "lucide-react";
import { useEffect, useRef } from "react";
import type { FieldErrors } from "./errors";
import type { Saving } from "./saving";
import { words } from "./texts";

interface Props {
  changed: boolean;
  canUndo: boolean;
  saving: Saving;
  errors: FieldErrors;
  /** What saving does to chats that live now. */
  notes: readonly string[];
  onSave(): void;
  onUndo(): void;
  onReset(): void;
  /** Takes what somebody else has saved. */
  onLoadNewer(): void;
  /** Saves over it. */
  onOverwrite(): void;
  onJump(path: string): void;
  /** Where the field of a path stands, in words. */
  placeName(path: string): string;
}

/** The bar at the foot of a form: what isn't saved, what saving does, what is wrong. */
export function SaveBar(props: Props) {
  const { changed, saving, errors } = props;
  useSaveKey(changed && !saving.busy, props.onSave);
  const wrong = Object.entries(errors);
  if (!changed && !saving.trouble && wrong.length === 0) return null;
  return (
    <section className="set-bar" aria-label={words.save.unsaved} data-testid="save-bar">
      {saving.trouble && <TroubleLine {...props} />}
      {wrong.length > 0 && (
        <div className="set-bar-wrong" role="alert">
          <strong>{words.save.wrong(wrong.length)}</strong>
          <ul>
            {wrong.map(([path, text]) => (
              <li key={path}>
                <button type="button" className="set-jump" onClick={() => props.onJump(path)}>
                  {props.placeName(path)}
                </button>
                : {text}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="set-bar-line">
        <div className="set-bar-text">
          <strong>{words.save.unsaved}</strong>
          {props.notes.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </div>
        <div className="set-bar-actions">
          <button
            type="button"
            className="button"
            onClick={props.onUndo}
            disabled={!props.canUndo || saving.busy}
            data-testid="undo"
          >
            <Undo2 size={16} aria-hidden="true" />
            {words.save.undo}
          </button>
          <button type="button" className="button" onClick={props.onReset} disabled={!changed || saving.busy}>
            {words.save.discard}
          </button>
          <button
            type="button"
            className="button button-primary"
            onClick={props.onSave}
            disabled={!changed || saving.busy}
            data-testid="save"
          >
            {saving.busy ? words.save.saving : words.save.save}
          </button>
        </div>
      </div>
    </section>
  );
}

function TroubleLine({ saving, onLoadNewer, onOverwrite }: Props) {
  const { trouble } = saving;
  if (!trouble) return null;
  return (
    <div className="set-bar-wrong" role="alert">
      <strong>{trouble.title}</strong> {trouble.detail}
      {trouble.newer && (
        <span className="set-bar-newer">
          <button type="button" className="button button-small" onClick={onLoadNewer}>
            {words.save.loadNewer}
          </button>
          <button type="button" className="button button-small" onClick={onOverwrite}>
            {words.save.overwrite}
          </button>
        </span>
      )}
    </div>
  );
}

/** Ctrl+S or ⌘S saves, as people try it anyway. */
function useSaveKey(active: boolean, onSave: () => void): void {
  const latest = useRef(onSave);
  useEffect(() => {
    latest.current = onSave;
  });
  useEffect(() => {
    if (!active) return;
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s" || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [active]);
}
