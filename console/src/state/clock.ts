// The server's clock, as far as an answer's Date header tells it: waiting times are counted from server times.

// Date headers have whole seconds, so that smaller differences are noise.
const TOLERANCE_MS = 3_000;

let offset = 0;

/** Learns the difference of the clocks from an answer's Date header (ms since 1970 for both). */
export function learnClock(dateHeader: string | null, now: number): void {
  if (!dateHeader) return;
  const difference = Date.parse(dateHeader) - now;
  if (Number.isFinite(difference)) offset = Math.abs(difference) > TOLERANCE_MS ? difference : 0;
}

/** Now, by the server's clock. */
export function serverNow(): number {
  return Date.now() + offset;
}
