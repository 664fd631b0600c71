/** What is used of Buffer beyond its documented methods, which check more than they copy. */
interface Latin {
  latin1Slice(start: number, end: number): string;
}

/** The same bytes, out of which texts of one byte a character are copied. */
export const latinOf = ({ buffer, byteOffset, length }: Uint8Array): Latin =>
  Buffer.from(buffer, byteOffset, length) as unknown as Latin;
