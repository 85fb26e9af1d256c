// Finds what may become a link in a text. Only web, mail and phone addresses do; everything else stays text.

export interface Part {
  text: string;
  href?: string;
}

const candidate = /\b(?:https?:\/\/|mailto:|tel:)[^\s<>"']+/gi;

export function parts(text: string): Part[] {
  const out: Part[] = [];
  let last = 0;
  for (const match of text.matchAll(candidate)) {
    // A full stop or a bracket after an address belongs to the sentence.
    const address = match[0].replace(/[.,;:!?)\]}]+$/, '');
    const href = checked(address);
    if (!href) continue;
    if (match.index > last) out.push({ text: text.slice(last, match.index) });
    out.push({ text: address, href });
    last = match.index + address.length;
  }
  if (last < text.length) out.push({ text: text.slice(last) });
  return out;
}

function checked(address: string): string | null {
  try {
    const url = new URL(address);
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
