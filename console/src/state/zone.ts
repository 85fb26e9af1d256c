// Wall-clock times in a named zone, for callbacks.

const HOUR = 3_600_000;

interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

function wallIn(zone: string, at: number): Wall {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  }).formatToParts(at);
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? "0");
  return {
    year: value("year"),
    month: value("month"),
    day: value("day"),
    hour: value("hour"),
    minute: value("minute"),
  };
}

const asUtc = (wall: Wall) => Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);

/** The zone of this device. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Tells whether the zone has a name that this browser knows. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return zone !== "";
  } catch {
    return false;
  }
}

/** Every zone to choose from, with these first. */
export function zones(...first: string[]): string[] {
  const all = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  return [...new Set([...first.filter(isZone), ...all, "UTC"])];
}

/**
 * The moment (ms) of a wall-clock time "2026-11-25T14:30" in a zone; undefined when it is none. A time that a change of
 * clocks skips becomes the one an hour later; one that comes twice is the first.
 */
export function instantOf(local: string, zone: string): number | undefined {
  const found = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})/.exec(local);
  if (!found || !isZone(zone)) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map(Number);
  const wanted = asUtc({ year, month, day, hour, minute });
  // The offsets before and after any change of that day: the right one is among them.
  const offsets = [wanted - 24 * HOUR, wanted + 24 * HOUR].map((near) => asUtc(wallIn(zone, near)) - near);
  const candidates = [...new Set(offsets)].map((offset) => wanted - offset).sort((a, b) => a - b);
  return candidates.find((at) => asUtc(wallIn(zone, at)) === wanted) ?? candidates.at(-1);
}

const two = (n: number) => String(n).padStart(2, "0");

/** A moment as a wall-clock time in a zone, "2026-11-25T14:30". */
export function localOf(at: number, zone: string): string {
  const wall = wallIn(zone, at);
  return `${wall.year}-${two(wall.month)}-${two(wall.day)}T${two(wall.hour)}:${two(wall.minute)}`;
}

/** A moment in a zone for people: "Wed 25 Nov, 14:30". */
export function momentIn(at: string, zone: string): string {
  return new Intl.DateTimeFormat(undefined, {
    ...(isZone(zone) ? { timeZone: zone } : {}),
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(at));
}
