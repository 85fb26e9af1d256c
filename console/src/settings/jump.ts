// From an error to its field.

const FOCUSABLE = "input, select, textarea, button";

function placeOf(path: string): HTMLElement | null {
  for (let rest = path; rest !== ""; rest = rest.slice(0, Math.max(0, rest.lastIndexOf(".")))) {
    const found = document.querySelector<HTMLElement>(`[data-path="${CSS.escape(rest)}"]`);
    if (found) return found;
  }
  return null;
}

/** Shows the field of a path and puts the cursor in it; the nearest part of the page when it has no field of its own. */
export function jumpTo(path: string): void {
  const place = placeOf(path);
  if (!place) return;
  place.scrollIntoView({ block: "center", behavior: "smooth" });
  const field = place.matches(FOCUSABLE) ? place : place.querySelector<HTMLElement>(FOCUSABLE);
  field?.focus({ preventScroll: true });
}
