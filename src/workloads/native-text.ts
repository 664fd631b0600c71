/** Texts that a spreadsheet would run as formulas (OWASP, CSV injection), also in their full-width forms, behind any apostrophes. */
const GUARDED = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const APOSTROPHE = 39;

/** A text as a cell of a native table: a formula is never live, and {@link unguarded} gives the text back. Line ends become blanks. */
export function guardedCell(text: string): string {
  const oneLine = /[\r\n\0]/.test(text) ? text.replace(/[\r\n\0]+/g, ' ') : text;
  const safe = GUARDED.test(oneLine) ? `'${oneLine}` : oneLine;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The text of a cell without the apostrophe that keeps it from being a formula. */
export function unguarded(cell: string): string {
  return cell.charCodeAt(0) === APOSTROPHE && GUARDED.test(cell) ? cell.slice(1) : cell;
}

/** Names joined by `;`; a `;` or `\` within one is written behind a `\`. */
export function escapeList(names: readonly string[]): string {
  return names.map((name) => (/[;\\]/.test(name) ? name.replace(/[;\\]/g, '\\$&') : name)).join(';');
}

/** The parts of a list, still escaped. */
export function splitList(text: string): string[] {
  if (text === '') return [];
  if (!text.includes('\\')) return text.split(';').filter((part) => part !== '');
  return text.match(/(?:\\[\s\S]|[^;\\])+/g) ?? [];
}

/** A part of a list as it was. A `\` before anything but `;` and `\` stands for itself. */
export function unescapePart(part: string): string {
  return part.includes('\\') ? part.replace(/\\([;\\])/g, '$1') : part;
}
