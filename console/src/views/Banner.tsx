import { RefreshCw, WifiOff, X } from "lucide-react";
import { useEffect, useState } from "react";
import type { Live } from "../live/live";
import { texts } from "../texts";

// A blink of the connection isn't worth a banner.
const PATIENCE_MS = 700;

/** Says when what is shown may be out of date. */
export function Banner({ state, onReconnect }: { state: Live["state"]; onReconnect(): void }) {
  const [late, setLate] = useState(false);
  const fine = state === "live";
  useEffect(() => {
    if (fine) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [fine]);
  if (fine || !late) return null;
  const lost = state === "reconnecting";
  const text = lost
    ? texts.stream.reconnecting
    : state === "connecting"
      ? texts.stream.connecting
      : texts.stream.catchingUp;
  return (
    <div className="banner" role="status" data-state={state} data-testid="stream-banner">
      {lost ? <WifiOff size={16} aria-hidden="true" /> : <RefreshCw size={16} aria-hidden="true" />}
      {text}
      {lost && (
        <button type="button" className="link-button" onClick={onReconnect}>
          {texts.stream.now}
        </button>
      )}
    </div>
  );
}

/** A failure that belongs to no place on the screen. */
export function ProblemBar({ title, detail, onClose }: { title: string; detail: string; onClose(): void }) {
  return (
    <div className="banner banner-problem" role="alert">
      <span>
        <strong>{title}</strong> {detail}
      </span>
      <button type="button" className="icon-button icon-small" onClick={onClose} aria-label={texts.close}>
        <X size={16} />
      </button>
    </div>
  );
}
