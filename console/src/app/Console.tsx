import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { Problem } from "../api/client";
import { api } from "../api/endpoints";
import type { Role } from "../api/types";
import { useChats, useSetStatus, useSummary } from "../live/chats";
import { useMedia, useNow, usePreference, useVisible } from "../live/hooks";
import { useLive } from "../live/live";
import { type DesktopState, desktopState, enableDesktop } from "../live/noise";
import { navigate, useRoute } from "../live/route";
import { inOrder, neighbour, unreadOf } from "../state/chats";
import { texts } from "../texts";
import { Banner, ProblemBar } from "../views/Banner";
import { MeMenu } from "../views/MeMenu";
import { Shortcuts } from "../views/Shortcuts";
import { StatusControl } from "../views/StatusControl";
import { Toasts } from "../views/Toasts";
import { TopBar } from "../views/TopBar";
import { ChatPane, NoChat } from "./ChatPane";
import { ListPane } from "./ListPane";
import { PanelPane } from "./PanelPane";

const WIDE = "(min-width: 1180px)";
const FLASH_MS = 5_000;

const takesChats = (role: Role) => role === "agent" || role === "supervisor";

/** A line that says what was done and goes away by itself. */
function useFlash(): [string | undefined, (text: string) => void] {
  const [text, setText] = useState<string>();
  useEffect(() => {
    if (!text) return;
    const timer = setTimeout(() => setText(undefined), FLASH_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText];
}

/** Beside the chat on wide screens, over it on narrow ones. */
function usePanel() {
  const wide = useMedia(WIDE);
  const [kept, setKept] = usePreference("panel", "open");
  const [over, setOver] = useState(false);
  const open = wide ? kept === "open" : over;
  const set = (next: boolean) => (wide ? setKept(next ? "open" : "closed") : setOver(next));
  return { open, set, closeOver: useCallback(() => setOver(false), []) };
}

export function Console({ onSignOut }: { onSignOut(): Promise<void> }) {
  const live = useLive();
  const { chatId, view } = useRoute();
  const { set: setStatus, problem, clearProblem } = useSetStatus();
  const mine = useChats("mine", true);
  const chats = mine.data?.items ?? [];
  const [flash, setFlash] = useFlash();
  const [shortcuts, setShortcuts] = useState(false);
  const composer = useRef<HTMLTextAreaElement>(null);
  const panel = usePanel();
  const visible = useVisible();
  const unread = unreadOf(chats);

  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${texts.product}` : texts.product;
  }, [unread]);
  useShortcuts({
    move: (step) => {
      const next = neighbour(inOrder(chats), chatId, step);
      if (next) navigate({ chatId: next.id, view: "mine" });
    },
    help: () => setShortcuts(true),
    composer,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another chat closes the panel that covers it
  useEffect(() => panel.closeOver(), [chatId, panel.closeOver]);

  const disposed = (id: string, text: string) => {
    setFlash(text);
    const rest = inOrder(chats).filter((chat) => chat.id !== id);
    const next = rest.find((chat) => chat.waiting_since || chat.phase === "customer_left");
    navigate({ chatId: view === "mine" ? next?.id : undefined }, true);
  };

  return (
    <div className="shell" data-pane={chatId ? (panel.open ? "panel" : "chat") : "list"} data-panel={panel.open}>
      <Head onSignOut={onSignOut} onStatus={setStatus} onShortcuts={() => setShortcuts(true)} />
      <Banner state={live.state} onReconnect={live.reconnect} />
      {problem && <ProblemBar title={texts.status.failed} detail={problem} onClose={clearProblem} />}
      <div className="panes">
        <ListPane mine={mine} onAvailable={() => void setStatus("available")} />
        {chatId ? (
          <ChatPane
            key={chatId}
            chatId={chatId}
            field={composer}
            panelOpen={panel.open}
            onPanel={() => panel.set(!panel.open)}
            onDisposed={disposed}
          />
        ) : (
          <NoChat some={chats.length > 0} />
        )}
        {chatId && panel.open && <PanelPane key={`panel-${chatId}`} chatId={chatId} onClose={() => panel.set(false)} />}
      </div>
      <Toasts toasts={live.toasts} visible={visible} onOpen={live.open} onDismiss={live.dismiss} />
      <p className="flash" role="status" data-shown={flash !== undefined} data-testid="flash">
        {flash}
      </p>
      <Shortcuts open={shortcuts} onClose={() => setShortcuts(false)} />
    </div>
  );
}

interface HeadProps {
  onSignOut(): Promise<void>;
  onStatus: ReturnType<typeof useSetStatus>["set"];
  onShortcuts(): void;
}

function Head({ onSignOut, onStatus, onShortcuts }: HeadProps) {
  const { user } = useLive();
  const now = useNow();
  const summary = useSummary();
  const { data } = useChats("mine", true);
  const chats = data?.items ?? [];
  const [theme, setTheme] = usePreference("theme", "system");
  const [sound, setSound] = usePreference("sound", "on");
  const [wanted, setWanted] = usePreference("desktop", "on");
  const [desktop, setDesktop] = useState<DesktopState>(() => desktopState(wanted));
  const [failed, setFailed] = useState<string>();

  const changeDesktop = async (on: boolean) => {
    if (on) setDesktop(await enableDesktop());
    else {
      setWanted("off");
      setDesktop(desktopState("off"));
    }
  };
  const signOut = async () => {
    setFailed(undefined);
    try {
      // Nobody is there to answer after this: no new chat may come.
      if (takesChats(user.role) && user.status !== "offline") await api.setStatus("offline");
      await onSignOut();
    } catch (cause) {
      setFailed(cause instanceof Problem ? cause.message : String(cause));
    }
  };
  return (
    <>
      <TopBar
        unread={unreadOf(chats)}
        now={now}
        summary={summary.data}
        open={chats.length}
        max={user.max_chats}
        takesChats={takesChats(user.role)}
        status={
          takesChats(user.role) && (
            <StatusControl user={user} now={now} onChange={(status, reason) => void onStatus(status, reason)} />
          )
        }
        menu={
          <MeMenu
            user={user}
            theme={theme}
            sound={sound !== "off"}
            desktop={desktop}
            onTheme={setTheme}
            onSound={(on) => setSound(on ? "on" : "off")}
            onDesktop={(on) => void changeDesktop(on)}
            onShortcuts={onShortcuts}
            onSignOut={() => void signOut()}
          />
        }
        onHome={() => navigate({ chatId: undefined, view: "mine" })}
      />
      {failed && <ProblemBar title={texts.topBar.signOutFailed} detail={failed} onClose={() => setFailed(undefined)} />}
    </>
  );
}

interface Keys {
  move(step: 1 | -1): void;
  help(): void;
  composer: RefObject<HTMLTextAreaElement | null>;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable], [role=menu]") !== null
  );
}

function useShortcuts(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("[role=dialog][data-open]")) return;
      if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        event.preventDefault();
        latest.current.move(event.key === "ArrowDown" ? 1 : -1);
        return;
      }
      if (event.altKey && event.code === "KeyD") {
        event.preventDefault();
        document.querySelector<HTMLButtonElement>(".dispose")?.click();
        return;
      }
      if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
      if (event.key === "?") latest.current.help();
      if (event.key === "c") {
        event.preventDefault();
        latest.current.composer.current?.focus();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
