import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { useMemo } from "react";
import { Failure, Skeleton } from "../views/basics";
import type { Rules } from "./api";
import { moved } from "./chain";
import { sentenceOfCause, useRules } from "./data";
import type { FieldErrors } from "./errors";
import { Card, ErrorLine, ErrorsProvider, useErrorAt } from "./fields";
import { RulesFoot, useRulesForm } from "./RulesForm";
import { PageHead, useShell } from "./Shell";
import { words } from "./texts";

const MOST = 20;
const LONGEST = 60;

/** What agents choose from when they go on a break. */
export function BreaksPage() {
  const rules = useRules();
  return (
    <>
      <PageHead title={words.pages.breaks} lead={words.leads.breaks} />
      {rules.data ? (
        <Form rules={rules.data} />
      ) : rules.isError ? (
        <Failure title={words.loadFailed} detail={sentenceOfCause(rules.error)} onRetry={() => void rules.refetch()} />
      ) : (
        <Skeleton rows={5} kind="row" label={words.loading} />
      )}
    </>
  );
}

/** Lines that can't be saved: empty ones and repeats. */
function wrongReasons(reasons: readonly string[]): FieldErrors {
  const seen = new Set<string>();
  const wrong: Record<string, string> = {};
  reasons.forEach((reason, place) => {
    const name = reason.trim().toLocaleLowerCase();
    if (seen.has(name) && name !== "") wrong[`break_reasons.${place}`] = words.breaks.twice;
    seen.add(name);
  });
  return wrong;
}

function Form({ rules }: { rules: Rules }) {
  const { readOnly } = useShell();
  const form = useRulesForm(rules);
  const reasons = form.editing.value.break_reasons;
  const errors = useMemo(() => ({ ...wrongReasons(reasons), ...form.errors }), [reasons, form.errors]);
  const set = (break_reasons: string[]) => form.set({ break_reasons });
  return (
    <ErrorsProvider value={errors}>
      <fieldset className="set-form" disabled={readOnly || form.saving.busy}>
        <legend className="visually-hidden">{words.pages.breaks}</legend>
        <Card
          title={words.pages.breaks}
          aside={<span className="muted tabular">{words.breaks.limit(reasons.length)}</span>}
        >
          <div className="set-ladder" data-path="break_reasons">
            <ol className="set-reasons">
              {reasons.map((reason, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a reason is its place
                <Reason key={place} place={place} reasons={reasons} onReasons={set} reason={reason} />
              ))}
            </ol>
            <ListError />
            {!readOnly && (
              <button
                type="button"
                className="button button-small"
                disabled={reasons.length >= MOST}
                onClick={() => set([...reasons, ""])}
              >
                <Plus size={15} aria-hidden="true" />
                {words.breaks.add}
              </button>
            )}
          </div>
        </Card>
      </fieldset>
      <RulesFoot form={{ ...form, errors }} page="breaks" />
    </ErrorsProvider>
  );
}

function ListError() {
  return <ErrorLine text={useErrorAt("break_reasons")} />;
}

interface ReasonProps {
  place: number;
  reason: string;
  reasons: readonly string[];
  onReasons(reasons: string[]): void;
}

function Reason({ place, reason, reasons, onReasons }: ReasonProps) {
  const { readOnly } = useShell();
  const path = `break_reasons.${place}`;
  const error = useErrorAt(path);
  const id = `${path}-error`;
  return (
    <li data-path={path} data-invalid={error !== undefined}>
      <div className="set-reason">
        <input
          className="set-input"
          aria-label={words.breaks.label(place + 1)}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? id : undefined}
          placeholder={words.breaks.placeholder}
          maxLength={LONGEST}
          value={reason}
          // biome-ignore lint/a11y/noAutofocus: a line that was just added is there to be written in
          autoFocus={reason === ""}
          onChange={(event) => onReasons(reasons.map((other, at) => (at === place ? event.target.value : other)))}
        />
        {!readOnly && (
          <>
            <button
              type="button"
              className="icon-button icon-small"
              aria-label={`${words.up}: ${reason}`}
              disabled={place === 0}
              onClick={() => onReasons(moved(reasons, place, place - 1))}
            >
              <ArrowUp size={16} />
            </button>
            <button
              type="button"
              className="icon-button icon-small"
              aria-label={`${words.down}: ${reason}`}
              disabled={place === reasons.length - 1}
              onClick={() => onReasons(moved(reasons, place, place + 1))}
            >
              <ArrowDown size={16} />
            </button>
            <button
              type="button"
              className="icon-button icon-small"
              aria-label={words.breaks.remove(reason)}
              disabled={reasons.length <= 1}
              title={reasons.length <= 1 ? words.breaks.least : undefined}
              onClick={() => onReasons(reasons.filter((_, at) => at !== place))}
            >
              <Trash2 size={16} />
            </button>
          </>
        )}
      </div>
      <ErrorLine id={id} text={error} />
    </li>
  );
}
