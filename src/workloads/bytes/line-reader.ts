import { isUtf8 } from 'node:buffer';
import { InputError } from '../../core/errors.js';
import { type ByteSource, openBytes } from './byte-source.js';

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
const COMMA = 44;
/** A line longer than this is no table row. */
const MAX_LINE = 16 << 20;

/** Kinds of bytes in a row. */
const PLAIN = 0;
const SEPARATOR = 1;
const QUOTED = 2;
const ODD = 3;

const kindTables = new Map<number, Uint8Array>();

/** What each byte means in rows of a separator; NUL and bytes beyond ASCII are odd: they may be no text. */
function kindsOf(separator: number): Uint8Array {
  const known = kindTables.get(separator);
  if (known !== undefined) return known;
  const kinds = new Uint8Array(256).fill(ODD, 128);
  kinds[0] = ODD;
  kinds[QUOTE] = QUOTED;
  kinds[separator] = SEPARATOR;
  kindTables.set(separator, kinds);
  return kinds;
}

/** Powers of ten that doubles hold exactly. */
const TENS = Array.from({ length: 16 }, (_, power) => 10 ** power);
const POINT = 46;

/** From this length on a copy by the runtime is cheaper than adding up characters. */
const LONG_TEXT = 8;

/** Slots of the memory of repeated cells. */
const MEMO_SLOTS = 4096;

/**
 * Reads a text table line by line and field by field out of the bytes: no string is made unless asked for. Lines end in LF or CRLF,
 * the last one may lack its end, a byte order mark is skipped. Fields are split at commas (with RFC 4180 quotes) or at blanks.
 */
export class LineReader {
  /** Physical line of the current row, from 1. */
  line = 0;
  /** Number of fields of the current row. */
  fieldCount = 0;
  /** The row just split is text: valid UTF-8 without NUL. */
  isText = true;
  private readonly source: ByteSource;
  private buffer: Uint8Array = new Uint8Array(0);
  /** The same bytes, for whole texts. */
  private chars: Buffer = Buffer.alloc(0);
  private start = 0;
  private end = 0;
  private next = 0;
  private length = 0;
  private starts: Int32Array = new Int32Array(32);
  private ends: Int32Array = new Int32Array(32);
  private quoted: string[] | undefined;
  /** Somewhere in what was read is a NUL: rows are looked at one by one then. */
  private hasNul = false;
  private readonly decoder = new TextDecoder('utf-8', { fatal: false });

  constructor(
    readonly path: string,
    pieceBytes?: number,
  ) {
    this.source = openBytes(path, pieceBytes);
  }

  /** Moves to the next line; false at the end of the file. */
  nextLine(): boolean {
    let from = this.next;
    for (;;) {
      const at = this.buffer.indexOf(NEWLINE, from);
      if (at >= 0 && at < this.length) {
        this.setLine(this.next, at);
        this.next = at + 1;
        return true;
      }
      from = this.length - this.next;
      if (!this.fill()) {
        if (this.next >= this.length) return false;
        this.setLine(this.next, this.length);
        this.next = this.length;
        return true;
      }
    }
  }

  private setLine(start: number, end: number): void {
    this.line++;
    this.start = start;
    this.end = end > start && this.buffer[end - 1] === RETURN ? end - 1 : end;
    if (
      this.line === 1 &&
      this.buffer[start] === 0xef &&
      this.buffer[start + 1] === 0xbb &&
      this.buffer[start + 2] === 0xbf
    ) {
      this.start += 3;
    }
  }

  /** Joins what is left of the old piece with a new one, at the front; false when there is none. */
  private fill(): boolean {
    const left = this.length - this.next;
    if (left > MAX_LINE)
      throw new InputError('E_LINE_LONG', `a line is longer than ${MAX_LINE} bytes`, {
        file: this.path,
        line: this.line + 1,
      });
    const piece = this.source.read();
    if (piece === null) return false;
    if (this.line === 0 && left === 0) this.refuseUtf16(piece);
    const needed = left + piece.length;
    const buffer =
      this.buffer.length >= needed && this.next >= 0
        ? this.buffer
        : new Uint8Array(Math.max(needed, this.buffer.length * 2));
    buffer.set(this.buffer.subarray(this.next, this.length));
    buffer.set(piece, left);
    this.hasNul ||= piece.indexOf(0) >= 0;
    if (buffer !== this.buffer) this.chars = Buffer.from(buffer.buffer);
    this.buffer = buffer;
    this.length = needed;
    this.next = 0;
    return true;
  }

  private refuseUtf16(piece: Uint8Array): void {
    const mark = ((piece[0] ?? 0) << 8) | (piece[1] ?? 0);
    if (mark === 0xfffe || mark === 0xfeff) {
      throw new InputError('E_ENCODING', 'the file must be UTF-8, got UTF-16', { file: this.path, line: 1, column: 1 });
    }
  }

  get isBlank(): boolean {
    for (let at = this.start; at < this.end; at++) {
      const byte = this.buffer[at] as number;
      if (byte > 32 || byte === 0) return false;
    }
    return true;
  }

  /** First byte of the line, 0 when empty. */
  get firstByte(): number {
    return this.start < this.end ? (this.buffer[this.start] as number) : 0;
  }

  lineText(): string {
    return this.decoder.decode(this.buffer.subarray(this.start, this.end));
  }

  /**
   * Splits the line at a separator byte, honouring quotes, no further than so many fields. Returns their number; -1 for an unbalanced
   * quote.
   */
  split(separator = COMMA, most = Number.MAX_SAFE_INTEGER): number {
    this.quoted = undefined;
    this.isText = true;
    let count = 0;
    let from = this.start;
    let hasOdd = false;
    const { buffer, end } = this;
    const kinds = kindsOf(separator);
    for (let at = this.start; at < end; at++) {
      const kind = kinds[buffer[at] as number] as number;
      if (kind === PLAIN) continue;
      if (kind === SEPARATOR) {
        this.field(count++, from, at);
        if (count === most) break;
        from = at + 1;
      } else if (kind === QUOTED) {
        this.isText = this.isValidText();
        return this.splitQuoted(String.fromCharCode(separator));
      } else {
        hasOdd = true;
      }
    }
    if (count < most) this.field(count++, from, end);
    this.fieldCount = count;
    this.isAscii = !hasOdd;
    if (hasOdd) this.isText = this.isValidText();
    return count;
  }
  /** The row just split is known to have no byte beyond ASCII. */
  private isAscii = false;

  private isValidText(): boolean {
    const row = this.buffer.subarray(this.start, this.end);
    return row.indexOf(0) < 0 && isUtf8(row);
  }

  /** Splits at runs of blanks and tabs, no further than so many fields; `isText` tells of NUL alone: fields of these tables are numbers. */
  splitBlanks(most = Number.MAX_SAFE_INTEGER): number {
    this.quoted = undefined;
    this.isAscii = false;
    let count = 0;
    const { buffer, end } = this;
    let at = this.start;
    for (;;) {
      while (at < end && (buffer[at] as number) <= 32) at++;
      if (at >= end) break;
      const from = at;
      while (at < end && (buffer[at] as number) > 32) at++;
      this.field(count++, from, at);
      if (count === most) break;
    }
    this.fieldCount = count;
    this.isText = !this.hasNul || buffer.subarray(this.start, end).indexOf(0) < 0;
    return count;
  }

  private splitQuoted(separator: string): number {
    const text = this.lineText();
    const fields: string[] = [];
    let at = 0;
    for (;;) {
      let value = '';
      if (text[at] === '"') {
        const close = closingQuote(text, at + 1);
        if (close < 0) return -1;
        value = text.slice(at + 1, close).replaceAll('""', '"');
        at = close + 1;
        if (at < text.length && text[at] !== separator) return -1;
      } else {
        const stop = text.indexOf(separator, at);
        const until = stop < 0 ? text.length : stop;
        value = text.slice(at, until);
        if (value.includes('"')) return -1;
        at = until;
      }
      fields.push(value);
      if (at >= text.length) break;
      at++;
    }
    this.quoted = fields;
    this.fieldCount = fields.length;
    return fields.length;
  }

  private field(index: number, start: number, end: number): void {
    if (index === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[index] = start;
    this.ends[index] = end;
  }

  isEmpty(index: number): boolean {
    if (index >= this.fieldCount) return true;
    if (this.quoted !== undefined) return this.quoted[index] === '';
    return this.starts[index] === this.ends[index];
  }

  text(index: number): string {
    if (index >= this.fieldCount) return '';
    if (this.quoted !== undefined) return this.quoted[index] as string;
    const start = this.starts[index] as number;
    const end = this.ends[index] as number;
    const { buffer } = this;
    if (!this.isAscii && !isAscii(buffer, start, end)) return this.decoder.decode(buffer.subarray(start, end));
    if (end - start >= LONG_TEXT) return this.chars.toString('latin1', start, end);
    let text = '';
    for (let at = start; at < end; at++) text += String.fromCharCode(buffer[at] as number);
    return text;
  }

  /** The field as text out of a memory of recent cells: no new string for a value that repeats. For columns of few values. */
  repeated(index: number): string {
    if (this.quoted !== undefined || index >= this.fieldCount) return this.text(index);
    const start = this.starts[index] as number;
    const end = this.ends[index] as number;
    const last = this.lastTexts[index];
    if (last !== undefined && this.isSame(last, start, end)) return last;
    const text = this.remembered(index, start, end);
    this.lastTexts[index] = text;
    return text;
  }
  /** What stood in each column when it was asked for last: rows of a job repeat much of each other. */
  private readonly lastTexts: (string | undefined)[] = [];

  private remembered(index: number, start: number, end: number): string {
    const { buffer } = this;
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (buffer[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 12)) & (MEMO_SLOTS - 1);
    const known = this.memo[slot];
    if (known !== undefined && this.isSame(known, start, end)) return known;
    const text = this.text(index);
    this.memo[slot] = text;
    return text;
  }
  private readonly memo = new Array<string | undefined>(MEMO_SLOTS);

  private isSame(text: string, start: number, end: number): boolean {
    if (text.length !== end - start) return false;
    for (let at = start; at < end; at++) if (text.charCodeAt(at - start) !== this.buffer[at]) return false;
    return true;
  }

  /**
   * The field as a number; NaN when it is not one (an empty field too, or one that no double holds). Up to 15 digits with at most one
   * point are read from the bytes: both the digits and the power of ten are exact then, so their quotient is rounded as Number does.
   */
  number(index: number): number {
    if (index >= this.fieldCount) return Number.NaN;
    if (this.quoted !== undefined) return parseText(this.quoted[index] as string);
    const { buffer } = this;
    const end = this.ends[index] as number;
    let at = this.starts[index] as number;
    const isNegative = buffer[at] === 45;
    if (isNegative) at++;
    let value = 0;
    let digits = 0;
    let point = -1;
    for (; at < end; at++) {
      const byte = buffer[at] as number;
      const digit = byte - 48;
      if (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        digits++;
      } else if (byte === POINT && point < 0) point = at;
      else break;
    }
    if (at < end || digits === 0 || digits > 15) return parseText(this.text(index));
    if (point >= 0) value /= TENS[end - point - 1] as number;
    return isNegative ? 0 - value : value;
  }

  close(): void {
    this.source.close();
  }
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) >= 128) return false;
  return true;
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return -1;
}

/** Only plain decimal forms that a double holds count as numbers: no hexadecimal, no Infinity, nothing that overflows. */
function parseText(text: string): number {
  const trimmed = text.trim();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) return Number.NaN;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : Number.NaN;
}

function doubled(column: Int32Array): Int32Array {
  const larger = new Int32Array(column.length * 2);
  larger.set(column);
  return larger;
}
