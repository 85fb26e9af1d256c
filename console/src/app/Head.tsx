import { useState } from "react";
import { Problem } from "../api/client";
import { api } from "../api/endpoints";
import { useChats, useSummary } from "../live/chats";
import { usePreference } from "../live/hooks";
import { useLive } from "../live/live";
import { type DesktopState, desktopState, enableDesktop } from "../live/noise";
import { linkTo, useRoute } from "../live/route";
import { useBreakReasons } from "../live/routing";
import type { useSetStatus } from "../live/status";
import { ownedBy, unreadOf } from "../state/chats";
import { supervises, takesChats } from "../state/people";
import { texts } from "../texts";
import { ProblemBar } from "../views/Banner";
import { MeMenu } from "../views/MeMenu";
import { StatusControl } from "../views/StatusControl";
import { TopBar } from "../views/TopBar";

interface Props {
  onSignOut(): Promise<void>;
  onStatus: ReturnType<typeof useSetStatus>["set"];
  onShortcuts(): void;
}

/** The top bar with all that it shows. */
export function Head({ onSignOut, onStatus, onShortcuts }: Props) {
  const { user } = useLive();
  const route = useRoute();
  const summary = useSummary();
  const reasons = useBreakReasons();
  const { data } = useChats("mine", true);
  const chats = ownedBy(data?.items ?? [], user.id);
  const [failed, setFailed] = useState<string>();
  const menu = useMenu();

  const signOut = async () => {
    setFailed(undefined);
    try {
      // Nobody is there to answer after this: no new chat may come.
      if (takesChats(user.role) && user.status !== "offline") await api.setStatus({ status: "offline" });
      await onSignOut();
    } catch (cause) {
      setFailed(cause instanceof Problem ? cause.message : String(cause));
    }
  };
  const pages = supervises(user.role)
    ? ([
        { name: "board", ...linkTo({ page: "board" }) },
        { name: "settings", ...linkTo({ page: "settings", settings: "" }) },
      ] as const)
    : [];
  return (
    <>
      <TopBar
        unread={unreadOf(chats)}
        page={route.page}
        pages={pages}
        home={linkTo({ page: "chats", chatId: undefined, view: "mine" })}
        summary={summary.data}
        slots={takesChats(user.role) ? user.slots : undefined}
        status={
          takesChats(user.role) && (
            <StatusControl
              user={user}
              openChats={chats.length}
              reasons={reasons}
              onChange={(change) => void onStatus(change)}
            />
          )
        }
        menu={<MeMenu user={user} pages={pages} {...menu} onShortcuts={onShortcuts} onSignOut={() => void signOut()} />}
      />
      {failed && <ProblemBar title={texts.topBar.signOutFailed} detail={failed} onClose={() => setFailed(undefined)} />}
    </>
  );
}

/** The choices of this browser that the menu shows and changes. */
function useMenu() {
  const [theme, onTheme] = usePreference("theme", "system");
  const [sound, setSound] = usePreference("sound", "on");
  const [wanted, setWanted] = usePreference("desktop", "on");
  const [desktop, setDesktop] = useState<DesktopState>(() => desktopState(wanted));
  const changeDesktop = async (on: boolean) => {
    if (on) setDesktop(await enableDesktop());
    else {
      setWanted("off");
      setDesktop(desktopState("off"));
    }
  };
  return {
    theme,
    onTheme,
    sound: sound !== "off",
    onSound: (on: boolean) => setSound(on ? "on" : "off"),
    desktop,
    onDesktop: (on: boolean) => void changeDesktop(on),
  };
}
