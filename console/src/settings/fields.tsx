// The fields all settings forms are made of. Each knows its path, so that a refusal of the server finds it.

import { ChevronDown } from "lucide-react";
import {
  createContext,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useContext,
  useId,
  useState,
} from "react";
import { errorAt, type FieldErrors, NO_ERRORS } from "./errors";
import { words } from "./texts";
import { type Amount, secondsOf, splitSeconds, type Unit } from "./units";

const Errors = createContext<FieldErrors>(NO_ERRORS);

/** Gives the errors to the fields below. */
export const ErrorsProvider = Errors.Provider;

/** The error of a field; with `withParts` also one of a part of it that has no field of its own. */
export function useErrorAt(path: string | undefined, withParts = false): string | undefined {
  const errors = useContext(Errors);
  return path === undefined ? undefined : errorAt(errors, path, withParts);
}

/** What ties a control to its label, its hint and its error. */
export interface FieldProps {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
}

/** A part of a page with a title of its own. */
export function Card({
  title,
  hint,
  aside,
  children,
}: {
  title: string;
  hint?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className="set-card" aria-labelledby={id}>
      <header className="set-card-head">
        <div>
          <h2 id={id}>{title}</h2>
          {hint && <p>{hint}</p>}
        </div>
        {aside}
      </header>
      {children}
    </section>
  );
}

export function ErrorLine({ id, text }: { id?: string; text: string | undefined }) {
  if (!text) return null;
  return (
    <p className="set-error" id={id} data-testid="field-error">
      {text}
    </p>
  );
}

interface SettingProps {
  label: ReactNode;
  hint?: ReactNode;
  path: string;
  /** Errors of parts without a field are shown here too. */
  withParts?: boolean;
  /** Several controls under one name; else the label belongs to the one control. */
  group?: boolean;
  children(field: FieldProps): ReactNode;
}

/** One row: the name with its hint, the control, and what is wrong with it. */
export function Setting({ label, hint, path, withParts, group, children }: SettingProps) {
  const id = useId();
  const error = useErrorAt(path, withParts);
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter((part) => part !== "").join(" ");
  const field: FieldProps = {
    id,
    "aria-describedby": described === "" ? undefined : described,
    "aria-invalid": error ? true : undefined,
  };
  const name = (
    <>
      {group ? (
        <span className="set-label" id={`${id}-label`}>
          {label}
        </span>
      ) : (
        <label className="set-label" htmlFor={id}>
          {label}
        </label>
      )}
      {hint && (
        <p className="set-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </>
  );
  const control = (
    <>
      {children(field)}
      <ErrorLine id={`${id}-error`} text={error} />
    </>
  );
  return group ? (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset can't be laid out as a grid in every browser
    <div
      className="set-row"
      role="group"
      aria-labelledby={`${id}-label`}
      aria-describedby={field["aria-describedby"]}
      data-path={path}
      data-invalid={error !== undefined}
    >
      <div className="set-name">{name}</div>
      <div className="set-control">{control}</div>
    </div>
  ) : (
    <div className="set-row" data-path={path} data-invalid={error !== undefined}>
      <div className="set-name">{name}</div>
      <div className="set-control">{control}</div>
    </div>
  );
}

type SelectProps = Omit<SelectHTMLAttributes<HTMLSelectElement>, "onChange" | "value"> & {
  value: string;
  onValue(value: string): void;
};

export function Select({ onValue, className, children, ...rest }: SelectProps) {
  return (
    <span className={`set-select ${className ?? ""}`}>
      <select {...rest} onChange={(event) => onValue(event.target.value)}>
        {children}
      </select>
      <ChevronDown size={15} aria-hidden="true" />
    </span>
  );
}

interface NumberProps extends Partial<FieldProps> {
  value: number;
  onValue(value: number): void;
  min?: number;
  max?: number;
  "aria-label"?: string;
  "data-testid"?: string;
}

const wholeOf = (text: string) => (text.trim() === "" ? Number.NaN : Math.round(Number(text)) + 0);

/** A whole number. An empty field is NaN, which no save lets through. */
export function NumberInput({ value, onValue, min = 0, max, ...rest }: NumberProps) {
  const [text, setText] = useState(() => (Number.isNaN(value) ? "" : String(value)));
  const read = wholeOf(text);
  // Another value came from outside: an undo, a template, a fresh load.
  if (!Object.is(read, value)) setText(Number.isNaN(value) ? "" : String(value));
  return (
    <input
      {...rest}
      className="set-input set-number"
      type="number"
      inputMode="numeric"
      min={min}
      max={max}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        onValue(wholeOf(event.target.value));
      }}
    />
  );
}

interface LengthProps extends Partial<FieldProps> {
  /** Seconds. */
  value: number;
  onValue(seconds: number): void;
  units?: readonly Unit[];
  /** Names both fields when no label is tied to them. */
  label: string;
  "data-testid"?: string;
}

const USUAL: readonly Unit[] = ["seconds", "minutes", "hours"];

/** A length of time: a number and its unit. */
export function LengthInput({ value, onValue, units = USUAL, label, id, ...rest }: LengthProps) {
  const [shown, setShown] = useState<Amount>(() => splitSeconds(value, units));
  if (!Object.is(secondsOf(shown), value)) setShown(splitSeconds(value, units, shown.unit));
  const take = (next: Amount) => {
    setShown(next);
    onValue(secondsOf(next));
  };
  const { "data-testid": testId, ...described } = rest;
  return (
    <span className="set-length">
      <input
        {...described}
        id={id}
        className="set-input set-number"
        type="number"
        inputMode="decimal"
        min={0}
        step="any"
        aria-label={id ? undefined : label}
        data-testid={testId}
        value={shown.text}
        onChange={(event) => take({ ...shown, text: event.target.value })}
      />
      <Select
        aria-label={`${label}, unit`}
        value={shown.unit}
        data-testid={testId && `${testId}-unit`}
        onValue={(unit) => take({ ...shown, unit: unit as Unit })}
      >
        {units.map((unit) => (
          <option key={unit} value={unit}>
            {shown.text === "1" ? unit.slice(0, -1) : unit}
          </option>
        ))}
      </Select>
    </span>
  );
}

interface OptionalProps {
  field: FieldProps;
  /** Names the choice when no label is tied to it. */
  label?: string;
  /** 0 means none. */
  value: number;
  onValue(value: number): void;
  none: string;
  some: string;
  /** What "some" starts with. */
  initial: number;
  /** The control for the number. */
  children: ReactNode;
  "data-testid"?: string;
}

/** "No limit", or "At most" with a number: 0 stands for none. */
export function Optional({ field, label, value, onValue, none, some, initial, children, ...rest }: OptionalProps) {
  const set = value !== 0;
  return (
    <span className="set-line">
      <Select
        {...field}
        aria-label={label}
        data-testid={rest["data-testid"]}
        value={set ? "some" : "none"}
        onValue={(choice) => onValue(choice === "some" ? initial : 0)}
      >
        <option value="none">{none}</option>
        <option value="some">{some}</option>
      </Select>
      {set && children}
    </span>
  );
}

interface SwitchProps extends Partial<FieldProps> {
  on: boolean;
  onSwitch(on: boolean): void;
  "aria-label"?: string;
  "data-testid"?: string;
}

export function Switch({ on, onSwitch, ...rest }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      className="set-switch"
      onClick={() => onSwitch(!on)}
      {...rest}
    >
      <span className="switch" data-on={on} aria-hidden="true" />
      {on ? words.on : words.off}
    </button>
  );
}

interface RadiosProps<T extends string> {
  /** Of the whole choice. */
  label: string;
  value: T;
  options: readonly { value: T; label: string; hint?: string }[];
  onValue(value: T): void;
}

/** A few choices with a sentence each. */
export function Radios<T extends string>({ label, value, options, onValue }: RadiosProps<T>) {
  const id = useId();
  return (
    <div className="set-radios" role="radiogroup" aria-label={label}>
      {options.map((option) => (
        <label key={option.value} className="set-radio" data-chosen={option.value === value}>
          <input
            type="radio"
            name={id}
            value={option.value}
            checked={option.value === value}
            onChange={() => onValue(option.value)}
          />
          <span>
            <strong>{option.label}</strong>
            {option.hint && <small>{option.hint}</small>}
          </span>
        </label>
      ))}
    </div>
  );
}

interface ChecksProps {
  options: readonly { id: string; name: string }[];
  chosen: readonly string[];
  onChosen(chosen: string[]): void;
  label?: string;
  /** Stands before the first. */
  lead?: ReactNode;
  "data-testid"?: string;
}

/** Several of a few, as chips. */
export function Checks({ options, chosen, onChosen, label, lead, ...rest }: ChecksProps) {
  const toggle = (id: string, on: boolean) =>
    onChosen(on ? [...chosen.filter((other) => other !== id), id] : chosen.filter((other) => other !== id));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset can't be laid out in a line
    <span className="set-checks" role="group" aria-label={label} data-testid={rest["data-testid"]}>
      {lead}
      {options.map((option) => (
        <label key={option.id} className="set-check" data-chosen={chosen.includes(option.id)}>
          <input
            type="checkbox"
            checked={chosen.includes(option.id)}
            onChange={(event) => toggle(option.id, event.target.checked)}
          />
          {option.name}
        </label>
      ))}
    </span>
  );
}

type AreaProps = Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "onChange" | "value"> & {
  value: string;
  onValue(value: string): void;
};

export function TextArea({ onValue, ...rest }: AreaProps) {
  return (
    <textarea
      className="set-input set-area"
      dir="auto"
      rows={2}
      {...rest}
      onChange={(event) => onValue(event.target.value)}
    />
  );
}
