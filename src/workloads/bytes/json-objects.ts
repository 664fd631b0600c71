import { isUtf8 } from 'node:buffer';
import { InputError } from '../../core/errors.js';
import { type ByteSource, openBytes } from './byte-source.js';

/** An object deeper or longer than this is no row of a trace. */
const MAX_DEPTH = 64;
const MAX_BYTES = 64 << 20;

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const NEWLINE = 10;

/** An object of a file: fields by name, or what is wrong with it. */
export type JsonRow = { readonly value: Readonly<Record<string, unknown>> } | { readonly fault: string };

/**
 * Reads JSON objects one by one from a list (`[{…},{…}]`) or a sequence (`{…}{…}`, one a line or not), never holding more than one.
 * Whole numbers beyond 2^53 are handed out as text, so that no identifier loses digits. A file that ends inside an object is an error.
 */
export class JsonObjects {
  /** Physical line where the current object begins, from 1. */
  line = 1;
  /** Byte of its line at which it begins, from 1. */
  column = 1;
  /** Bytes before the piece, and before the line that is read. */
  private pieceFrom = 0;
  private lineFrom = 0;
  private readonly source: ByteSource;
  private piece: Uint8Array = new Uint8Array(0);
  private at = 0;
  private linesSeen = 1;
  private isAtStart = true;
  /** A list is open around the objects. */
  private isInList = false;

  constructor(readonly path: string) {
    this.source = openBytes(path);
  }

  /** The next object, or null at the end. */
  next(): JsonRow | null {
    if (!this.seek()) return null;
    this.line = this.linesSeen;
    this.column = this.pieceFrom + this.at - this.lineFrom + 1;
    const bytes = this.take();
    if (!isUtf8(bytes)) return { fault: 'the object is not UTF-8' };
    const text = new TextDecoder().decode(bytes);
    try {
      return { value: JSON.parse(withLongNumbersAsText(text)) as Record<string, unknown> };
    } catch (error) {
      return { fault: `the object is no JSON (${(error as Error).message})` };
    }
  }

  /** Moves to the next opening brace; only the punctuation of a list may stand before it. */
  private seek(): boolean {
    for (;;) {
      if (this.at >= this.piece.length && !this.fill()) {
        this.line = this.linesSeen;
        if (this.isInList) this.refuse('the file ends inside a list');
        return false;
      }
      const byte = this.piece[this.at] as number;
      if (byte === OPEN_BRACE) return true;
      if (byte === NEWLINE) this.newLine(this.at);
      else if ((byte === OPEN_BRACKET || byte === CLOSE_BRACKET) && this.isInList === (byte === CLOSE_BRACKET))
        this.isInList = byte === OPEN_BRACKET;
      else if ((byte > 32 || byte === 0) && byte !== 44) {
        throw new InputError(
          'E_JSON',
          `an object must begin with "{", got "${String.fromCharCode(byte)}"`,
          { file: this.path, line: this.linesSeen, column: this.pieceFrom + this.at - this.lineFrom + 1 },
          'the file must be a list or a sequence of JSON objects',
        );
      }
      this.at++;
    }
  }

  private newLine(at: number): void {
    this.linesSeen++;
    this.lineFrom = this.pieceFrom + at + 1;
  }

  private fill(): boolean {
    const piece = this.source.read();
    if (piece === null) return false;
    this.pieceFrom += this.piece.length;
    this.piece = piece;
    this.at = 0;
    if (!this.isAtStart) return true;
    this.isAtStart = false;
    const mark = ((piece[0] ?? 0) << 8) | (piece[1] ?? 0);
    if (mark === 0xfffe || mark === 0xfeff)
      throw new InputError('E_ENCODING', 'the file must be UTF-8, got UTF-16', { file: this.path, line: 1, column: 1 });
    if (piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf) this.at = 3;
    return true;
  }

  /** The bytes from the opening brace to its closing one. */
  private take(): Uint8Array {
    const parts: Uint8Array[] = [];
    let size = 0;
    this.depth = 0;
    this.isString = false;
    this.isEscaped = false;
    for (;;) {
      const { piece } = this;
      const from = this.at;
      const end = this.endIn(piece, from);
      // The piece is overwritten by the next read.
      parts.push(piece.slice(from, end < 0 ? piece.length : end));
      if (end >= 0) {
        this.at = end;
        return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
      }
      size += piece.length - from;
      if (size > MAX_BYTES) this.refuse(`the object is longer than ${MAX_BYTES} bytes`);
      if (!this.fill()) this.refuse('the file ends inside an object');
    }
  }
  private depth = 0;
  private isString = false;
  private isEscaped = false;

  /** Where the object ends in the piece, -1 = not in this one. */
  private endIn(piece: Uint8Array, from: number): number {
    for (let at = from; at < piece.length; at++) {
      const byte = piece[at] as number;
      if (byte === NEWLINE) this.newLine(at);
      if (this.isString) this.inString(byte);
      else if (byte === QUOTE) this.isString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (++this.depth > MAX_DEPTH) this.refuse(`the object is nested deeper than ${MAX_DEPTH} levels`);
      } else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --this.depth === 0) return at + 1;
    }
    return -1;
  }

  private inString(byte: number): void {
    if (this.isEscaped) this.isEscaped = false;
    else if (byte === BACKSLASH) this.isEscaped = true;
    else if (byte === QUOTE) this.isString = false;
  }

  private refuse(rule: string): never {
    throw new InputError('E_JSON', rule, { file: this.path, line: this.line, column: this.column });
  }

  close(): void {
    this.source.close();
  }
}

/** Puts whole numbers of 16 and more digits in quotes, outside of strings: JSON.parse would round them. */
export function withLongNumbersAsText(text: string): string {
  if (!/\d{16}/.test(text)) return text;
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+])-?\d{16,}(?![\d.eE])/g, (match) =>
    match.startsWith('"') || Number.isSafeInteger(Number(match)) ? match : `"${match}"`,
  );
}
