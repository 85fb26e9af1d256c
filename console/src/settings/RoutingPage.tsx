import { HistoryIcon } from "lucide-react";
import { useState } from "react";
import { useNow } from "../live/hooks";
import { Failure, Skeleton } from "../views/basics";
import type { Rules } from "./api";
import { CapsCard, PresenceCard, SlotsCard, ZoneCard } from "./CapsCards";
import { sentenceOfCause, useRules, useRuleVersions } from "./data";
import { ErrorsProvider } from "./fields";
import { History } from "./History";
import { RulesFoot, useRulesForm } from "./RulesForm";
import { PageHead, useShell } from "./Shell";
import { StickyCard } from "./StickyCard";
import { words } from "./texts";
import type { RoutingRules } from "./types";
import { changedParts, RULE_PARTS } from "./versions";

/** What each card of the page gets. */
export interface RulesProps {
  rules: RoutingRules;
  set(change: Partial<RoutingRules>): void;
}

/** The rules that hold for all queues. */
export function RoutingPage() {
  const rules = useRules();
  if (rules.isError && !rules.data) {
    return (
      <Failure title={words.loadFailed} detail={sentenceOfCause(rules.error)} onRetry={() => void rules.refetch()} />
    );
  }
  if (!rules.data) return <Skeleton rows={6} kind="row" label={words.loading} />;
  return <Form rules={rules.data} />;
}

function Form({ rules }: { rules: Rules }) {
  const { readOnly } = useShell();
  const form = useRulesForm(rules);
  const [history, setHistory] = useState(false);
  const props: RulesProps = { rules: form.editing.value, set: form.set };
  return (
    <ErrorsProvider value={form.errors}>
      <PageHead
        title={words.pages.routing}
        lead={words.leads.routing}
        aside={
          <button
            type="button"
            className="button button-small"
            onClick={() => setHistory(true)}
            data-testid="open-history"
          >
            <HistoryIcon size={15} aria-hidden="true" />
            {words.history.open}
          </button>
        }
      />
      <fieldset className="set-form" disabled={readOnly || form.saving.busy}>
        <legend className="visually-hidden">{words.pages.routing}</legend>
        <StickyCard {...props} />
        <CapsCard {...props} />
        <SlotsCard {...props} />
        <PresenceCard {...props} />
        <ZoneCard {...props} />
      </fieldset>
      <RulesFoot form={form} page="routing" />
      {history && <Versions form={form} onClose={() => setHistory(false)} />}
    </ErrorsProvider>
  );
}

function Versions({ form, onClose }: { form: ReturnType<typeof useRulesForm>; onClose(): void }) {
  const { readOnly, flash } = useShell();
  const versions = useRuleVersions(true);
  const now = useNow();
  return (
    <History
      open
      onClose={onClose}
      versions={versions.data}
      failed={versions.isError}
      onRetry={() => void versions.refetch()}
      now={now}
      compare={(before, after) => changedParts(before, after, RULE_PARTS)}
      onRestore={
        readOnly
          ? undefined
          : (version) => {
              form.set(version.body);
              onClose();
              flash(words.history.restored(version.version));
            }
      }
    />
  );
}
