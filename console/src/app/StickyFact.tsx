import { useState } from "react";
import type { ChatView } from "../api/types";
import { useNow } from "../live/hooks";
import { useLive } from "../live/live";
import { useAgents, useSetSticky, useSticky } from "../live/routing";
import { messageOf } from "../live/status";
import { supervises } from "../state/people";
import { dayOf, momentOf } from "../state/time";
import { texts } from "../texts";
import { StickyDialog } from "../views/StickyDialog";

const SOON_MS = 20 * 3_600_000;

/** The agent a customer comes back to; a supervisor sets and clears it. */
export function StickyFact({ chat }: { chat: ChatView }) {
  const { user } = useLive();
  const now = useNow(60_000);
  const sticky = useSticky(chat.customer.id);
  const set = useSetSticky(chat.customer.id);
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const agents = useAgents(asking);
  const change = async (userId: string | undefined) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await set(userId);
      setAsking(false);
    } catch (cause) {
      setProblem(messageOf(cause));
    } finally {
      setBusy(false);
    }
  };
  const found = sticky.data;
  const until = (at: string) => texts.sticky.until(Date.parse(at) - now < SOON_MS ? momentOf(at, now) : dayOf(at, now));
  return (
    <div className="fact" data-testid="sticky-fact">
      <dt>{texts.sticky.title}</dt>
      <dd>
        {sticky.isError && !found ? (
          <span className="muted">
            {texts.sticky.loadFailed}{" "}
            <button type="button" className="link-button" onClick={() => void sticky.refetch()}>
              {texts.retry}
            </button>
          </span>
        ) : found ? (
          <>
            {found.user.name}
            {found.user.id === user.id && ` (${texts.panel.you})`}{" "}
            <span className="muted">{found.expires_at ? until(found.expires_at) : texts.sticky.noEnd}</span>
            {found.origin && texts.sticky.origins[found.origin] && (
              <small className="muted fact-detail">{texts.sticky.origins[found.origin]}</small>
            )}
          </>
        ) : (
          <span className="muted">{sticky.isPending ? "…" : texts.sticky.none}</span>
        )}
        {supervises(user.role) && !sticky.isPending && (
          <span className="fact-actions">
            <button type="button" className="link-button" onClick={() => setAsking(true)} data-testid="sticky-set">
              {found ? texts.sticky.change : texts.sticky.set}
            </button>
            {found && (
              <button
                type="button"
                className="link-button"
                disabled={busy}
                onClick={() => void change(undefined)}
                data-testid="sticky-clear"
              >
                {texts.sticky.clear}
              </button>
            )}
          </span>
        )}
        {problem && !asking && (
          <p className="problem" role="alert">
            <strong>{texts.failed.sticky}</strong>
            {problem}
          </p>
        )}
      </dd>
      {asking && (
        <StickyDialog
          customer={chat.customer.name}
          open
          agents={{ items: agents.data?.items, failed: agents.isError, reload: () => void agents.refetch() }}
          current={found?.user.id}
          busy={busy}
          problem={problem}
          onClose={() => setAsking(false)}
          onSet={(id) => void change(id)}
        />
      )}
    </div>
  );
}
