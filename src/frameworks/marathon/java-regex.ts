/** Inline flags at the start of a Java pattern that JavaScript writes beside it. */
const FLAGS = /^\(\?([imsu]+)\)/;

/**
 * A Java regular expression that must match the whole value (`String.matches`, `Pattern.matches`). Flags such as `(?i)` at the start are
 * understood, possessive quantifiers and the classes `\p{Alpha}` and their like are written as JavaScript has them. Throws SyntaxError.
 */
export function javaRegex(pattern: string): RegExp {
  const flags = FLAGS.exec(pattern)?.[1] ?? '';
  const body = pattern
    .slice(flags === '' ? 0 : flags.length + 3)
    .replace(/\\[AZz]/g, '')
    .replace(/\\p\{(Alpha|Digit|Alnum|Lower|Upper|Punct|Space)\}/g, (_, name: string) => POSIX[name] as string)
    .replace(/(?<!\\)([*+?]|\{\d+(?:,\d*)?\})\+/g, '$1');
  return new RegExp(`^(?:${body})$`, [...new Set(flags.replaceAll('u', ''))].join(''));
}

const POSIX: Readonly<Record<string, string>> = {
  Alpha: '[A-Za-z]',
  Digit: '[0-9]',
  Alnum: '[A-Za-z0-9]',
  Lower: '[a-z]',
  Upper: '[A-Z]',
  Punct: '[!-/:-@[-`{-~]',
  Space: '\\s',
};
