import { useMemo } from "react";
import { type Rules, settingsApi } from "./api";
import { useRenew } from "./data";
import { emptyNumbers, type FieldErrors } from "./errors";
import { jumpTo } from "./jump";
import { LeaveGuard } from "./LeaveGuard";
import { SaveBar } from "./SaveBar";
import { useShell } from "./Shell";
import { type Saving, useSaving } from "./saving";
import { words } from "./texts";
import type { RoutingRules } from "./types";
import { type Editing, useBaseVersion, useDraft } from "./useDraft";
import { RULE_PARTS } from "./versions";

export interface RulesForm {
  editing: Editing<RoutingRules>;
  errors: FieldErrors;
  saving: Saving;
  server: Rules;
  set(change: Partial<RoutingRules>): void;
  save(over?: boolean): Promise<boolean>;
}

/** The account's rules as a form; two pages show a part of it each. */
export function useRulesForm(server: Rules): RulesForm {
  const { flash } = useShell();
  const renew = useRenew();
  const editing = useDraft(server.rules);
  const { value } = editing;
  const saving = useSaving(value);
  const base = useBaseVersion(server.version, editing.changed);
  const errors = useMemo(
    () => ({ ...saving.errors, ...Object.fromEntries(emptyNumbers(value).map((path) => [path, words.save.empty])) }),
    [saving.errors, value],
  );
  const save = async (over = false): Promise<boolean> => {
    const saved = await saving.run([
      {
        name: words.pages.routing,
        under: "",
        save: async () => {
          const break_reasons = value.break_reasons.map((reason) => reason.trim());
          const saved = await settingsApi.putRules({ ...value, break_reasons }, over ? undefined : base.current);
          base.current = saved.version;
        },
      },
    ]);
    if (saved) {
      editing.settle(value);
      flash(words.save.saved);
    }
    await renew();
    return saved;
  };
  return {
    editing,
    errors,
    saving,
    server,
    set: (change) => editing.change((now) => ({ ...now, ...change })),
    save,
  };
}

/** Where the field of a path stands, in words. */
function placeName(path: string): string {
  const name = path.split(".")[0] as keyof RoutingRules;
  const found = RULE_PARTS[name] ?? words.pages.routing;
  return found.slice(0, 1).toUpperCase() + found.slice(1);
}

/** The foot of such a page: the save bar and the guard. */
export function RulesFoot({ form, page }: { form: RulesForm; page: "routing" | "breaks" }) {
  const { editing, saving, server } = form;
  return (
    <>
      <SaveBar
        changed={editing.changed}
        canUndo={editing.canUndo}
        saving={saving}
        errors={form.errors}
        notes={page === "routing" ? [words.save.atOnce] : []}
        onSave={() => void form.save()}
        onUndo={editing.undo}
        onReset={() => {
          editing.reset();
          saving.clear();
        }}
        onLoadNewer={() => {
          editing.start(server.rules);
          saving.clear();
        }}
        onOverwrite={() => void form.save(true)}
        onJump={jumpTo}
        placeName={placeName}
      />
      <LeaveGuard changed={editing.changed} name={words.pages[page]} within={page} onSave={() => form.save()} />
    </>
  );
}
