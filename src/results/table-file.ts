import { closeSync, openSync, writeSync } from 'node:fs';
import type { RowWriter } from '../model/metric.js';

const BUFFER = 1 << 20;
/** A row may need this much at most besides its texts. */
const MARGIN = 4096;
const COMMA = 44;
const NEWLINE = 10;
const QUOTE = 34;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
/** Numbers up to here are written with 32-bit arithmetic. */
const SPLIT = 1e9;
const SPLIT_DIGITS = 9;

/**
 * Writes one CSV table (RFC 4180, LF, no locale): digits go straight into a buffer, which is written when it is full. Texts that a
 * spreadsheet would run as formulas are written with a leading apostrophe.
 */
export class TableFile implements RowWriter {
  rowCount = 0;
  private readonly descriptor: number;
  private readonly buffer = Buffer.allocUnsafe(BUFFER);
  private at = 0;
  private isFirst = true;
  private isClosed = false;

  constructor(path: string, columns: readonly string[]) {
    this.descriptor = openSync(path, 'w');
    for (const column of columns) this.text(column);
    this.end();
    this.rowCount = 0;
  }

  text(value: string): RowWriter {
    this.separate();
    if (value.length * 6 > BUFFER - this.at - MARGIN) this.flush();
    if (value.length * 6 > BUFFER - MARGIN) return this.longText(value);
    if (!this.plainText(value)) {
      const safe = isFormula(value) ? `'${value}` : value;
      const quoted = needsQuotes(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
      this.at += this.buffer.write(quoted, this.at);
    }
    return this;
  }

  /** Most texts are names of plain characters: one pass copies and judges them. False, and nothing is written, for any other. */
  private plainText(value: string): boolean {
    const { buffer } = this;
    const { length } = value;
    if (length > 0 && isFormula(value)) return false;
    let at = this.at;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code >= 128 || code === COMMA || code === QUOTE || code === NEWLINE || code === 13) return false;
      buffer[at++] = code;
    }
    this.at = at;
    return true;
  }

  private longText(value: string): RowWriter {
    this.flush();
    const safe = isFormula(value) ? `'${value}` : value;
    const bytes = Buffer.from(needsQuotes(safe) ? `"${safe.replaceAll('"', '""')}"` : safe);
    for (let from = 0; from < bytes.length; ) from += writeSync(this.descriptor, bytes, from, bytes.length - from);
    return this;
  }

  integer(value: number): RowWriter {
    this.separate();
    this.digits(value);
    return this;
  }

  seconds(valueUs: number): RowWriter {
    this.separate();
    this.fraction(valueUs, 1e6, 6);
    return this;
  }

  milli(valueMilli: number): RowWriter {
    this.separate();
    this.fraction(valueMilli, 1000, 3);
    return this;
  }

  real(value: number): RowWriter {
    this.separate();
    if (Number.isSafeInteger(value)) this.digits(value);
    else if (Number.isFinite(value)) this.at += this.buffer.write(String(value), this.at);
    return this;
  }

  empty(): RowWriter {
    this.separate();
    return this;
  }

  end(): void {
    this.buffer[this.at++] = NEWLINE;
    this.isFirst = true;
    this.rowCount++;
    if (this.at > BUFFER - MARGIN) this.flush();
  }

  /** Writes what is left; harmless when called again. */
  close(): void {
    if (this.isClosed) return;
    this.flush();
    this.isClosed = true;
    closeSync(this.descriptor);
  }

  /** Closes the file without what is not written yet, as on a full disk; harmless after `close`. */
  abandon(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    closeSync(this.descriptor);
  }

  private separate(): void {
    if (this.isFirst) this.isFirst = false;
    else this.buffer[this.at++] = COMMA;
    if (this.at > BUFFER - MARGIN) this.flush();
  }

  /** A whole number over a power of ten, without trailing zeros. */
  private fraction(value: number, scale: number, places: number): void {
    const rounded = Math.round(value);
    if (rounded < 0) this.buffer[this.at++] = MINUS;
    const size = Math.abs(rounded);
    const whole = Math.floor(size / scale);
    this.digits(whole);
    // Below the scale, hence a small integer: its digits need no floating point.
    let rest = (size - whole * scale) | 0;
    if (rest === 0) return;
    this.buffer[this.at++] = POINT;
    let width = places;
    for (let tenth = (rest / 10) | 0; tenth * 10 === rest; tenth = (rest / 10) | 0) {
      rest = tenth;
      width--;
    }
    this.small(rest, width);
  }

  private digits(value: number): void {
    if (!Number.isSafeInteger(value)) {
      this.at += this.buffer.write(String(value), this.at);
      return;
    }
    let rest = value;
    if (rest < 0) {
      this.buffer[this.at++] = MINUS;
      rest = -rest;
    }
    if (rest >= SPLIT) {
      const high = Math.floor(rest / SPLIT);
      this.digits(high);
      this.small((rest - high * SPLIT) | 0, SPLIT_DIGITS);
      return;
    }
    let width = 1;
    for (let bound = 10; rest >= bound; bound *= 10) width++;
    this.small(rest | 0, width);
  }

  /** A number below 10^9 with leading zeros. */
  private small(value: number, width: number): void {
    const { buffer, at } = this;
    let rest = value;
    for (let place = at + width - 1; place >= at; place--) {
      const next = (rest / 10) | 0;
      buffer[place] = ZERO + (rest - next * 10);
      rest = next;
    }
    this.at = at + width;
  }

  private flush(): void {
    for (let from = 0; from < this.at; ) from += writeSync(this.descriptor, this.buffer, from, this.at - from);
    this.at = 0;
  }
}

/** A text that begins with one of these is run as a formula by spreadsheets (OWASP, CSV injection); also in their full-width forms. */
function isFormula(value: string): boolean {
  const first = value.charCodeAt(0);
  if (first >= 128) return first === 0xff1d || first === 0xff0b || first === 0xff0d || first === 0xff20;
  return first === 61 || first === 43 || first === MINUS || first === 64 || first === 9 || first === 13;
}

function needsQuotes(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code === COMMA || code === QUOTE || code === NEWLINE || code === 13) return true;
  }
  return false;
}
