/** What is used of Buffer beyond its documented methods, which check more than they copy. */
interface Latin {
  latin1Slice(start: number, end: number): string;
}

/** The same bytes, out of which texts of one byte a character are copied. */
export const latinOf = ({ buffer, byteOffset, length }: Uint8Array): Latin =>
  Buffer.from(buffer, byteOffset, length) as unknown as Latin;

/** Up to this length a text is made of its characters: a copy by the runtime costs three times as much, whatever the length. */
export const SHORT_TEXT = 12;

/** Bytes that are there: their codes are not looked at. */
const codes = String.fromCharCode as (...bytes: (number | undefined)[]) => string;

/** The text of up to twelve bytes, one a character, in one call: adding up characters makes a text for each. */
export function shortText(b: Uint8Array, s: number, length: number): string {
  switch (length) {
    case 0:
      return '';
    case 1:
      return codes(b[s]);
    case 2:
      return codes(b[s], b[s + 1]);
    case 3:
      return codes(b[s], b[s + 1], b[s + 2]);
    case 4:
      return codes(b[s], b[s + 1], b[s + 2], b[s + 3]);
    case 5:
      return codes(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4]);
    case 6:
      return codes(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5]);
    case 7:
      return codes(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6]);
    case 8:
      return codes(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7]);
    case 9:
      return codes(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7], b[s + 8]);
    case 10:
      return codes(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7], b[s + 8], b[s + 9]);
    case 11:
      return codes(
        b[s],
        b[s + 1],
        b[s + 2],
        b[s + 3],
        b[s + 4],
        b[s + 5],
        b[s + 6],
        b[s + 7],
        b[s + 8],
        b[s + 9],
        b[s + 10],
      );
    default:
      return codes(
        b[s],
        b[s + 1],
        b[s + 2],
        b[s + 3],
        b[s + 4],
        b[s + 5],
        b[s + 6],
        b[s + 7],
        b[s + 8],
        b[s + 9],
        b[s + 10],
        b[s + 11],
      );
  }
}
