/** What is used of Buffer beyond its documented methods, which check more than they copy. */
interface Latin {
  latin1Slice(start: number, end: number): string;
}

/** The same bytes, out of which texts of one byte a character are copied. */
export const latinOf = ({ buffer, byteOffset, length }: Uint8Array): Latin =>
  Buffer.from(buffer, byteOffset, length) as unknown as Latin;

/** Up to this length a text is made of its characters: a copy by the runtime costs three times as much, whatever the length. */
export const SHORT_TEXT = 12;

/** The text of up to twelve bytes, one a character, in one call: adding up characters makes a text for each. */
export function shortText(bytes: Uint8Array, start: number, length: number): string {
  const at = (place: number): number => bytes[start + place] as number;
  const code = String.fromCharCode;
  switch (length) {
    case 0:
      return '';
    case 1:
      return code(at(0));
    case 2:
      return code(at(0), at(1));
    case 3:
      return code(at(0), at(1), at(2));
    case 4:
      return code(at(0), at(1), at(2), at(3));
    case 5:
      return code(at(0), at(1), at(2), at(3), at(4));
    case 6:
      return code(at(0), at(1), at(2), at(3), at(4), at(5));
    case 7:
      return code(at(0), at(1), at(2), at(3), at(4), at(5), at(6));
    case 8:
      return code(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
    case 9:
      return code(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8));
    case 10:
      return code(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9));
    case 11:
      return code(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10));
    default:
      return code(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10), at(11));
  }
}
