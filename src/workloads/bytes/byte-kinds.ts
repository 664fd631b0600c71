const NEWLINE = 10;
const QUOTE = 34;

/** Kinds of bytes in a row. */
export const PLAIN = 0;
export const SEPARATOR = 1;
export const QUOTED = 2;
export const ODD = 3;
const LINE_END = 4;

const kindTables = new Map<number, Uint8Array<ArrayBuffer>>();
let lastSeparator = -1;
let lastKinds = new Uint8Array(0);

/** What each byte means in rows of a separator; NUL and bytes beyond ASCII are odd: they may be no text. */
export function kindsOf(separator: number): Uint8Array {
  if (separator === lastSeparator) return lastKinds;
  lastKinds = kindTables.get(separator) ?? newKinds(separator);
  lastSeparator = separator;
  return lastKinds;
}

function newKinds(separator: number): Uint8Array<ArrayBuffer> {
  const kinds = new Uint8Array(256).fill(ODD, 128);
  kinds[0] = ODD;
  kinds[QUOTE] = QUOTED;
  kinds[NEWLINE] = LINE_END;
  kinds[separator] = SEPARATOR;
  kindTables.set(separator, kinds);
  return kinds;
}
