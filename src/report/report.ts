/** Adds figures, tables and the page to a result folder. */
export async function reportFolder(_folder: string): Promise<void> {
  // Follows.
}
