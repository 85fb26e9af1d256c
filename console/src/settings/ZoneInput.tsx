import { useId, useState } from "react";
import { isZone, zones } from "../state/zone";
import { ErrorLine, type FieldProps } from "./fields";
import { words } from "./texts";

interface Props {
  field: FieldProps;
  value: string;
  onZone(zone: string): void;
  /** What no zone means; absent when there must be one. */
  none?: string;
}

/** A time zone by its name, with the list of those there are. */
export function ZoneInput({ field, value, onZone, none }: Props) {
  const id = useId();
  const [touched, setTouched] = useState(false);
  const wrong = touched && value !== "" && !isZone(value);
  return (
    <>
      <input
        {...field}
        className="set-input"
        list={id}
        value={value}
        placeholder={none}
        spellCheck={false}
        autoComplete="off"
        onBlur={() => setTouched(true)}
        onChange={(event) => onZone(event.target.value)}
      />
      <datalist id={id}>
        {zones(Intl.DateTimeFormat().resolvedOptions().timeZone).map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <ErrorLine text={wrong ? words.hours.zoneUnknown : undefined} />
    </>
  );
}
