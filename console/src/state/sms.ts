// How a text travels by SMS: in which alphabet and in how many segments.

const GSM_BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_EXTENDED = "\f^{}\\[~]|€";

const basic = new Set(GSM_BASIC);
const extended = new Set(GSM_EXTENDED);

export interface SmsCount {
  encoding: "GSM-7" | "UCS-2";
  segments: number;
  /** Units left in the last segment: characters, but two for an extended or an astral one. */
  left: number;
}

interface Alphabet {
  encoding: SmsCount["encoding"];
  alone: number;
  joined: number;
  cost: (character: string) => number;
}

const gsm: Alphabet = {
  encoding: "GSM-7",
  alone: 160,
  joined: 153,
  cost: (character) => (extended.has(character) ? 2 : 1),
};
const ucs: Alphabet = { encoding: "UCS-2", alone: 70, joined: 67, cost: (character) => character.length };

/** Counts the segments of a text. A character is never cut in two, so a segment may end a unit early. */
export function countSms(text: string): SmsCount {
  const characters = [...text];
  const alphabet = characters.every((character) => basic.has(character) || extended.has(character)) ? gsm : ucs;
  const total = characters.reduce((sum, character) => sum + alphabet.cost(character), 0);
  if (total <= alphabet.alone) {
    return { encoding: alphabet.encoding, segments: total === 0 ? 0 : 1, left: alphabet.alone - total };
  }
  let segments = 1;
  let used = 0;
  for (const character of characters) {
    const cost = alphabet.cost(character);
    if (used + cost > alphabet.joined) {
      segments += 1;
      used = 0;
    }
    used += cost;
  }
  return { encoding: alphabet.encoding, segments, left: alphabet.joined - used };
}
