/** The fields of a row of text with RFC 4180 quotes; undefined when one of them is not balanced. */
export function quotedFields(text: string, separator: string): string[] | undefined {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let value = '';
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1);
      if (close < 0) return undefined;
      value = text.slice(at + 1, close).replaceAll('""', '"');
      at = close + 1;
      if (at < text.length && text[at] !== separator) return undefined;
    } else {
      const stop = text.indexOf(separator, at);
      const until = stop < 0 ? text.length : stop;
      value = text.slice(at, until);
      if (value.includes('"')) return undefined;
      at = until;
    }
    fields.push(value);
    if (at >= text.length) return fields;
    at++;
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return -1;
}
