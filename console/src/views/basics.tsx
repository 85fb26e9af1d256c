// Small parts that many views share.

import type { ReactNode } from "react";
import type { ChannelType } from "../api/types";
import { texts } from "../texts";

const HUES = 8;

function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}

/** The customer's mark: the first letter of the name in a colour of their own. */
export function Mark({ id, initial, size = "m" }: { id: string; initial: string; size?: "s" | "m" | "l" }) {
  return (
    <span className={`mark mark-${size} hue-${hueOf(id)}`} data-testid="chat-mark" aria-hidden="true">
      {initial}
    </span>
  );
}

export function ChannelBadge({ type }: { type: ChannelType }) {
  return <span className={`channel channel-${type}`}>{texts.channels[type] ?? type}</span>;
}

export function Empty({ icon, title, children }: { icon: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <span className="empty-icon" aria-hidden="true">
        {icon}
      </span>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** A failure with its way out. */
export function Failure({ title, detail, onRetry }: { title: string; detail?: string | undefined; onRetry(): void }) {
  return (
    <div className="failure" role="alert">
      <p>
        <strong>{title}</strong>
        {detail && <span>{detail}</span>}
      </p>
      <button type="button" className="button button-small" onClick={onRetry}>
        {texts.retry}
      </button>
    </div>
  );
}

export function Skeleton({ rows, label, kind }: { rows: number; label: string; kind: "row" | "bubble" | "line" }) {
  return (
    <div className={`skeletons skeletons-${kind}`} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
        <span key={index} className={`skeleton skeleton-${kind}`} />
      ))}
    </div>
  );
}

interface Segment<T extends string> {
  value: T;
  label: ReactNode;
  testId?: string;
}

interface SegmentsProps<T extends string> {
  label: string;
  value: T;
  options: readonly Segment<NoInfer<T>>[];
  disabled?: boolean;
  onChange: (value: NoInfer<T>) => void;
}

/** A few choices side by side, one of them taken. */
export function Segments<T extends string>({ label, value, options, disabled, onChange }: SegmentsProps<T>) {
  return (
    <fieldset className="segments" aria-label={label} disabled={disabled}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          data-testid={option.testId}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
