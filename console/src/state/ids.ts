/** A random id (UUIDv4) for a message or a command. Works on plain-http hosts too, where randomUUID is missing. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte, index) => {
    const value = index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte;
    return value.toString(16).padStart(2, "0");
  });
  const cut = (from: number, to: number) => hex.slice(from, to).join("");
  return `${cut(0, 4)}-${cut(4, 6)}-${cut(6, 8)}-${cut(8, 10)}-${cut(10, 16)}`;
}
