import { Check, ExternalLink } from "lucide-react";
import type { FollowUp } from "../../api/types";
import { useNow } from "../../live/hooks";
import { elapsed } from "../../state/time";
import { momentIn } from "../../state/zone";
import { texts } from "../../texts";

interface Props {
  items: readonly FollowUp[];
  busy: string | undefined;
  onDone(item: FollowUp): void;
  onOpen(chatId: string): void;
}

/** The address, unless the customer is known by nothing else. */
function addressOf({ customer }: FollowUp): string {
  return customer.address === customer.name ? "" : customer.address;
}

/** What was promised to customers, the earliest first. */
export function FollowUps({ items, busy, onDone, onOpen }: Props) {
  const sorted = items.toSorted((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at));
  return (
    <ul className="follow-ups">
      {sorted.map((item) => (
        <li key={item.id} className="follow-up" data-testid="follow-up" data-id={item.id}>
          <div className="follow-up-main">
            <p className="follow-up-top">
              <strong dir="auto">{item.customer.name}</strong>
              <Due item={item} />
            </p>
            <p className="muted">{[addressOf(item), item.queue?.name, item.user?.name].filter(Boolean).join(" · ")}</p>
            {item.note && (
              <p className="follow-up-note" dir="auto">
                {item.note}
              </p>
            )}
          </div>
          <div className="follow-up-actions">
            <button
              type="button"
              className="icon-button"
              aria-label={texts.board.openChat}
              title={texts.board.openChat}
              onClick={() => onOpen(item.chat_id)}
            >
              <ExternalLink size={16} />
            </button>
            <button
              type="button"
              className="button button-small"
              disabled={busy === item.id}
              onClick={() => onDone(item)}
              data-testid="follow-up-done"
            >
              <Check size={14} aria-hidden="true" />
              {texts.board.done}
            </button>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Due({ item }: { item: FollowUp }) {
  const now = useNow();
  const late = Date.parse(item.due_at) <= now;
  return (
    <span className="due tabular" data-late={late} title={`${momentIn(item.due_at, item.zone)} ${item.zone}`}>
      {late ? texts.board.overdue(elapsed(item.due_at, now)) : texts.board.due(momentIn(item.due_at, item.zone))}
    </span>
  );
}
