import { Menu } from "@base-ui/react/menu";
import { Bell, BellOff, Check, Keyboard, LogOut, Volume2, VolumeX } from "lucide-react";
import type { User } from "../api/types";
import type { DesktopState } from "../live/noise";
import { texts } from "../texts";
import { PAGE_ICONS, type PageLink } from "./TopBar";

interface Props {
  user: User;
  /** Where else to go; on narrow screens the bar has no room for them. */
  pages: readonly PageLink[];
  theme: string;
  sound: boolean;
  desktop: DesktopState;
  onTheme(theme: string): void;
  onSound(on: boolean): void;
  onDesktop(on: boolean): void;
  onShortcuts(): void;
  onSignOut(): void;
}

const THEMES = ["system", "light", "dark"] as const;

/** The menu behind my initials. */
export function MeMenu(props: Props) {
  const { user } = props;
  const initials = user.name
    .split(/\s+/)
    .map((word) => [...word][0] ?? "")
    .slice(0, 2)
    .join("")
    .toUpperCase();
  return (
    <Menu.Root>
      <Menu.Trigger className="me-trigger" aria-label={texts.topBar.menu(user.name)} data-testid="me-menu">
        <span aria-hidden="true">{initials}</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="positioner" sideOffset={6} align="end" collisionPadding={8}>
          <Menu.Popup className="popup menu-popup">
            <div className="menu-head">
              <strong>{user.name}</strong>
              <small>{user.email}</small>
            </div>
            <Menu.Separator className="menu-line" />
            <Pages pages={props.pages} />
            <Themes theme={props.theme} onTheme={props.onTheme} />
            <Menu.Separator className="menu-line" />
            <Alerts {...props} />
            <Menu.Separator className="menu-line" />
            <Menu.Item className="menu-item" onClick={props.onShortcuts}>
              <Keyboard size={16} aria-hidden="true" />
              {texts.topBar.shortcuts}
              <kbd>?</kbd>
            </Menu.Item>
            <Menu.Item className="menu-item" onClick={props.onSignOut} data-testid="sign-out">
              <LogOut size={16} aria-hidden="true" />
              {texts.topBar.signOut}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Pages({ pages }: { pages: readonly PageLink[] }) {
  if (pages.length === 0) return null;
  return (
    <div className="menu-pages">
      {pages.map(({ name, href, onClick }) => {
        const Icon = PAGE_ICONS[name];
        return (
          <Menu.LinkItem key={name} className="menu-item" href={href} onClick={onClick} closeOnClick>
            <Icon size={16} aria-hidden="true" />
            {texts.pages[name]}
          </Menu.LinkItem>
        );
      })}
      <Menu.Separator className="menu-line" />
    </div>
  );
}

function Themes({ theme, onTheme }: { theme: string; onTheme(theme: string): void }) {
  return (
    <Menu.RadioGroup value={theme} onValueChange={(value: unknown) => onTheme(String(value))}>
      <div className="menu-label">{texts.topBar.theme}</div>
      {THEMES.map((name) => (
        <Menu.RadioItem key={name} className="menu-item" value={name} closeOnClick={false}>
          <span className="menu-check">
            <Menu.RadioItemIndicator>
              <Check size={16} aria-hidden="true" />
            </Menu.RadioItemIndicator>
          </span>
          {texts.topBar.themes[name]}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}

function Alerts({ sound, desktop, onSound, onDesktop }: Props) {
  const fixed = desktop === "blocked" || desktop === "unsupported";
  const why =
    desktop === "blocked"
      ? texts.topBar.desktopBlocked
      : desktop === "unsupported"
        ? texts.topBar.desktopUnsupported
        : "";
  return (
    <Menu.Group>
      <Menu.GroupLabel className="menu-label">{texts.topBar.alerts}</Menu.GroupLabel>
      <Menu.CheckboxItem className="menu-item" checked={sound} onCheckedChange={onSound} closeOnClick={false}>
        {sound ? <Volume2 size={16} aria-hidden="true" /> : <VolumeX size={16} aria-hidden="true" />}
        {texts.topBar.sound}
        <span className="switch" data-on={sound} aria-hidden="true" />
      </Menu.CheckboxItem>
      <Menu.CheckboxItem
        className="menu-item"
        checked={desktop === "on"}
        disabled={fixed}
        onCheckedChange={onDesktop}
        closeOnClick={false}
      >
        {desktop === "on" ? <Bell size={16} aria-hidden="true" /> : <BellOff size={16} aria-hidden="true" />}
        <span>
          {texts.topBar.desktop}
          {why && <small>{why}</small>}
        </span>
        <span className="switch" data-on={desktop === "on"} aria-hidden="true" />
      </Menu.CheckboxItem>
    </Menu.Group>
  );
}
