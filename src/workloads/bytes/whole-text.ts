import { isUtf8 } from 'node:buffer';
import { InputError } from '../../core/errors.js';
import { openBytes } from './byte-source.js';

/** Documents that only make sense as a whole are read up to this size, unpacked. */
const MAX_BYTES = 256 << 20;

/** The text of a whole file, unpacked. InputError E_EMPTY, E_ENCODING, E_LONG when it cannot be had. */
export function wholeText(path: string): string {
  return new TextDecoder().decode(utf8Of(wholeBytes(path), path));
}

/** The bytes of a whole file, unpacked. InputError E_EMPTY and E_LONG when it is empty or too long. */
export function wholeBytes(path: string, maxBytes = MAX_BYTES): Uint8Array {
  const source = openBytes(path);
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for (let piece = source.read(); piece !== null; piece = source.read()) {
      size += piece.length;
      if (size > maxBytes)
        throw new InputError('E_LONG', `the file is longer than ${maxBytes} bytes, which a whole one may not be`, {
          file: path,
        });
      // The piece is overwritten by the next read.
      pieces.push(piece.slice());
    }
  } finally {
    source.close();
  }
  if (size === 0) throw new InputError('E_EMPTY', 'the file is empty', { file: path });
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
}

function utf8Of(bytes: Uint8Array, file: string): Uint8Array {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  if (mark === 0xfffe || mark === 0xfeff)
    throw new InputError('E_ENCODING', 'the file must be UTF-8, got UTF-16', { file, line: 1, column: 1 });
  if (!isUtf8(bytes))
    throw new InputError('E_ENCODING', 'the file must be UTF-8, and some of its bytes are not', { file });
  return bytes;
}
