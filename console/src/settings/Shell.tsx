import { Compass } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from "react";
import { Empty } from "../views/basics";
import { words } from "./texts";

export interface Shell {
  /** Whether this person may only look. */
  readOnly: boolean;
  /** Says in a line what was done. */
  flash(text: string): void;
}

const ShellContext = createContext<Shell>({ readOnly: true, flash: () => {} });

export const useShell = () => useContext(ShellContext);

const FLASH_MS = 6_000;

/** Gives the pages what they share, and the line that says what was done. */
export function ShellProvider({ readOnly, children }: { readOnly: boolean; children: ReactNode }) {
  const [shown, setShown] = useState<{ text: string }>();
  useEffect(() => {
    if (!shown) return;
    const timer = setTimeout(() => setShown(undefined), FLASH_MS);
    return () => clearTimeout(timer);
  }, [shown]);
  const flash = useCallback((text: string) => setShown({ text }), []);
  return (
    <ShellContext.Provider value={{ readOnly, flash }}>
      {children}
      <p className="flash" role="status" data-shown={shown !== undefined} data-testid="settings-flash">
        {shown?.text}
      </p>
    </ShellContext.Provider>
  );
}

export function PageHead({ title, lead, aside }: { title: string; lead: string; aside?: ReactNode }) {
  return (
    <header className="set-head">
      <div className="set-head-line">
        <h1>{title}</h1>
        {aside}
      </div>
      <p className="set-lead">{lead}</p>
    </header>
  );
}

export function Missing() {
  return (
    <Empty icon={<Compass size={26} />} title={words.notFoundTitle}>
      <p>{words.notFound}</p>
    </Empty>
  );
}
