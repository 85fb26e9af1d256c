import { lazy, Suspense } from "react";
import type { PageName } from "../live/route";
import { texts } from "../texts";
import { Skeleton } from "../views/basics";
import { Crash } from "./Crash";

// Most agents never open these: they come when they are asked for.
const Board = lazy(() => import("./Board"));
const Settings = lazy(() => import("../settings/Settings"));

/** A page beside the chats, loaded when it is first opened. */
export function LazyPage({ page, onFlash }: { page: Exclude<PageName, "chats">; onFlash(text: string): void }) {
  return (
    <Crash key={page}>
      <Suspense
        fallback={
          <main className="page">
            <Skeleton rows={6} kind="row" label={texts.pages.loading} />
          </main>
        }
      >
        {page === "board" ? <Board onFlash={onFlash} /> : <Settings />}
      </Suspense>
    </Crash>
  );
}
