// From what the API refuses to the field it speaks of.

/** A blamed field of a request, as problem documents list them. */
export interface Blamed {
  location: string;
  message: string;
}

/** Sentences by the path of their field: "policy.fallback.1.text". */
export type FieldErrors = Readonly<Record<string, string>>;

export const NO_ERRORS: FieldErrors = {};

/** "body.fallback[1].text" and "body.policy.fallback.1.text" both are "fallback.1.text". */
export function pathOfLocation(location: string): string {
  return location
    .replace(/\[(\d+)\]/g, ".$1")
    .replace(/^body(\.|$)/, "")
    .replace(/^(policy|settings)(\.|$)/, "");
}

/** Puts each sentence at its field below `under`; two about one field are joined. */
export function placeErrors(blamed: readonly Blamed[], under = ""): Record<string, string> {
  const placed: Record<string, string> = {};
  for (const { location, message } of blamed) {
    const path = [under, pathOfLocation(location)].filter((part) => part !== "").join(".");
    const sentence = sentenceOf(message);
    placed[path] = placed[path] && placed[path] !== sentence ? `${placed[path]} ${sentence}` : sentence;
  }
  return placed;
}

function sentenceOf(message: string): string {
  const text = message.trim();
  if (text === "") return "This isn't accepted.";
  const named = /^[a-z]+(_[a-z]+)+\b/.test(text);
  const lacksSubject = /^(is|isn't|must|may|has|holds|needs) /.test(text);
  const begun = named ? text : lacksSubject ? `This ${text}` : text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** The value at a dotted path, undefined where it leads nowhere. */
export function valueAt(root: unknown, path: string): unknown {
  if (path === "") return root;
  let here: unknown = root;
  for (const name of path.split(".")) {
    if (typeof here !== "object" || here === null) return undefined;
    here = Reflect.get(here, name);
  }
  return here;
}

/** Whether two values are made of the same; a field that is undefined is as good as none. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => same(Reflect.get(a, name), Reflect.get(b, name)));
}

/** The path of the one text, number or switch that differs between two values; undefined when more does. */
export function differsOnlyAt(a: unknown, b: unknown, path = ""): string | undefined {
  const composed = (value: unknown): value is object => typeof value === "object" && value !== null;
  if (!composed(a) && !composed(b)) return path;
  if (!composed(a) || !composed(b)) return undefined;
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const differing = names.filter((name) => !same(Reflect.get(a, name), Reflect.get(b, name)));
  const [name] = differing;
  if (name === undefined || differing.length > 1) return undefined;
  return differsOnlyAt(Reflect.get(a, name), Reflect.get(b, name), path === "" ? name : `${path}.${name}`);
}

/** The errors whose field is as it was when they were told: what was changed since is no longer wrong for sure. */
export function stillTold(errors: FieldErrors, then: unknown, now: unknown): FieldErrors {
  const kept = Object.entries(errors).filter(([path]) => same(valueAt(then, path), valueAt(now, path)));
  return kept.length === Object.keys(errors).length ? errors : Object.fromEntries(kept);
}

/** The paths of numbers that aren't any: fields left empty. */
export function emptyNumbers(value: unknown, path = ""): string[] {
  if (typeof value === "number") return Number.isNaN(value) ? [path] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => emptyNumbers(inner, path === "" ? name : `${path}.${name}`));
}

/** The sentence for a field: its own, or one about a part of it that has no field. */
export function errorAt(errors: FieldErrors, path: string, withParts = false): string | undefined {
  if (errors[path]) return errors[path];
  if (!withParts) return undefined;
  const inner = Object.entries(errors).find(([other]) => other.startsWith(`${path}.`));
  return inner?.[1];
}

/** Whether anything below a path is wrong. */
export function anyErrorIn(errors: FieldErrors, paths: readonly string[]): boolean {
  return Object.keys(errors).some((path) => paths.some((under) => path === under || path.startsWith(`${under}.`)));
}
