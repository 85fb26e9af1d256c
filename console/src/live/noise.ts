// Sound and desktop notifications.

import type { Alert } from "../state/notify";
import { texts } from "../texts";
import { preferences } from "./storage";

const QUIET_MS = 1_200;

let audio: AudioContext | undefined;
let lastAt = 0;

/** Gets the sound ready on the first click or key: browsers refuse it before. */
export function armSound(): () => void {
  const arm = () => {
    audio ??= new AudioContext();
    void audio.resume();
  };
  window.addEventListener("pointerdown", arm, { passive: true });
  window.addEventListener("keydown", arm, { passive: true });
  return () => {
    window.removeEventListener("pointerdown", arm);
    window.removeEventListener("keydown", arm);
  };
}

function tone(context: AudioContext, hertz: number, at: number): void {
  const oscillator = context.createOscillator();
  const volume = context.createGain();
  oscillator.type = "sine";
  oscillator.frequency.value = hertz;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.18, at + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.32);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.34);
}

/** Sounds: two rising tones for a new chat, three for one to accept, one for a message. A burst makes one sound. */
export function sound(kind: Alert["kind"], now: number): void {
  if (preferences.get("sound", "on") === "off" || now - lastAt < QUIET_MS) return;
  if (audio?.state !== "running") return;
  lastAt = now;
  tone(audio, kind === "message" ? 880 : 660, audio.currentTime);
  if (kind !== "message") tone(audio, 990, audio.currentTime + 0.14);
  if (kind === "offer") tone(audio, 1320, audio.currentTime + 0.28);
}

export type DesktopState = "unsupported" | "blocked" | "ask" | "on" | "off";

/** What the desktop-notification switch shows. */
export function desktopState(wanted: string): DesktopState {
  if (typeof Notification === "undefined") return "unsupported";
  if (Notification.permission === "denied") return "blocked";
  if (Notification.permission === "default") return "ask";
  return wanted === "off" ? "off" : "on";
}

/** Turns desktop notifications on, asking the browser when it must be asked; gives what came of it. */
export async function enableDesktop(): Promise<DesktopState> {
  if (typeof Notification === "undefined") return "unsupported";
  if (Notification.permission === "default") await Notification.requestPermission();
  preferences.set("desktop", "on");
  return desktopState("on");
}

/** Shows a desktop notification; a newer one with the same tag takes its place. */
export function notify(title: string, body: string, tag: string, open: () => void): void {
  if (desktopState(preferences.get("desktop", "on")) !== "on") return;
  try {
    const shown = new Notification(title, { body, tag: `tandem.${tag}`, icon: "/favicon.svg" });
    shown.onclick = () => {
      window.focus();
      open();
      shown.close();
    };
  } catch {
    // Some browsers allow them from service workers only; the pop-up and the sound have told already.
  }
}

/** Shows an alert on the desktop, one per chat. */
export function desktop(alert: Alert, open: () => void): void {
  const channel = texts.channels[alert.channel];
  const title =
    alert.kind === "message"
      ? alert.name
      : `${alert.kind === "chat" ? texts.toast.newChat(channel) : texts.offers.alert(channel)}: ${alert.name}`;
  notify(title, alert.text, alert.chatId, open);
}
