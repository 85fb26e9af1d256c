// Times for people. Every function takes "now", so that screens tick and tests stand still.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (n: number) => String(n).padStart(2, "0");

/** A running time: "0:07", "12:40", "1:02:03", "2 d 3 h". Never negative, whatever the two clocks say. */
export function elapsed(since: string, now: number): string {
  const ms = Math.max(0, now - Date.parse(since));
  if (!Number.isFinite(ms)) return "";
  if (ms >= DAY) return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`;
  const seconds = Math.floor(ms / 1000) % 60;
  const minutes = Math.floor(ms / MINUTE) % 60;
  const hours = Math.floor(ms / HOUR);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const fullDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);

/** Which calendar day a moment falls on here, as a key. */
export function dayKey(at: string): number {
  return midnight(Date.parse(at));
}

/** "10:02". */
export function timeOf(at: string): string {
  return clock.format(new Date(at));
}

/** "Today", "Yesterday", "Wed 12 Nov", "12 Nov 2025". */
export function dayOf(at: string, now: number): string {
  const days = Math.round((midnight(now) - dayKey(at)) / DAY);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return (days > 300 ? fullDay : dayOfYear).format(new Date(at));
}

/** "10:02" today, else with the day before it. */
export function momentOf(at: string, now: number): string {
  const days = Math.round((midnight(now) - dayKey(at)) / DAY);
  return days === 0 ? timeOf(at) : `${dayOf(at, now)}, ${timeOf(at)}`;
}

/** Everything, for a tooltip. */
export function fullTime(at: string): string {
  return full.format(new Date(at));
}
