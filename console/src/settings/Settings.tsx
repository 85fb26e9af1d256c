import "../styles/settings.css";
import "../styles/settings-fields.css";
import "../styles/settings-lists.css";
import "../styles/settings-chain.css";
import "../styles/settings-narrow.css";
import { Coffee, ListTree, Lock, Route, Users, Workflow } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { useLive } from "../live/live";
import { linkTo, navigate, useRoute } from "../live/route";
import { Empty } from "../views/basics";
import { BreaksPage } from "./BreaksPage";
import { DispositionsPage } from "./DispositionsPage";
import { PeoplePage } from "./PeoplePage";
import { QueuePage } from "./QueuePage";
import { QueuesPage } from "./QueuesPage";
import { RoutingPage } from "./RoutingPage";
import { Missing, ShellProvider } from "./Shell";
import { words } from "./texts";

type PageId = keyof typeof words.pages;

const NAV: readonly { group: string; pages: readonly { id: PageId; icon: ReactNode }[] }[] = [
  {
    group: words.groups.routing,
    pages: [
      { id: "queues", icon: <Workflow size={17} aria-hidden="true" /> },
      { id: "routing", icon: <Route size={17} aria-hidden="true" /> },
    ],
  },
  {
    group: words.groups.team,
    pages: [
      { id: "people", icon: <Users size={17} aria-hidden="true" /> },
      { id: "breaks", icon: <Coffee size={17} aria-hidden="true" /> },
    ],
  },
  {
    group: words.groups.chats,
    pages: [{ id: "dispositions", icon: <ListTree size={17} aria-hidden="true" /> }],
  },
];

/** Admin Settings: what routing does, who takes chats, and what agents choose from. */
export default function Settings() {
  const { user } = useLive();
  const { settings } = useRoute();
  const [page = "", id, tab] = settings.split("/").map(decodeURIComponent);
  const administers = user.role === "admin" || user.role === "super_admin";
  const reads = administers || user.role === "supervisor";

  useEffect(() => {
    if (reads && settings === "") navigate({ page: "settings", settings: "queues" }, true);
  }, [reads, settings]);
  if (!reads) {
    return (
      <main className="page">
        <Empty icon={<Lock size={24} />} title={words.forbiddenTitle}>
          <p>{words.forbidden}</p>
        </Empty>
      </main>
    );
  }
  return (
    <main className="page set">
      <Nav page={page} />
      <ShellProvider readOnly={!administers}>
        <div className="set-page" data-testid="settings-page" data-page={page}>
          {!administers && (
            <p className="notice set-read-only" role="note">
              <Lock size={15} aria-hidden="true" />
              {words.readOnly}
            </p>
          )}
          <Page page={page} id={id} tab={tab} />
        </div>
      </ShellProvider>
    </main>
  );
}

function Nav({ page }: { page: string }) {
  const nav = useRef<HTMLElement>(null);
  // Where the pages stand in a line, the current one may be out of sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is another current one
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [page]);
  return (
    <nav className="set-nav" aria-label={words.nav} ref={nav}>
      <p className="set-nav-title">{words.title}</p>
      {NAV.map(({ group, pages }) => (
        <div key={group} className="set-nav-group">
          <p id={`set-nav-${group}`}>{group}</p>
          <ul aria-labelledby={`set-nav-${group}`}>
            {pages.map(({ id, icon }) => (
              <li key={id}>
                <a
                  {...linkTo({ page: "settings", settings: id })}
                  aria-current={page === id ? "page" : undefined}
                  data-testid={`settings-${id}`}
                >
                  {icon}
                  {words.pages[id]}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function Page({ page, id, tab }: { page: string; id: string | undefined; tab: string | undefined }) {
  if (page === "queues") return id ? <QueuePage id={id} tab={tab} /> : <QueuesPage />;
  if (id !== undefined) return <Missing />;
  switch (page) {
    case "":
      return null;
    case "routing":
      return <RoutingPage />;
    case "people":
      return <PeoplePage />;
    case "breaks":
      return <BreaksPage />;
    case "dispositions":
      return <DispositionsPage />;
    default:
      return <Missing />;
  }
}
