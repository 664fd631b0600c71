/** Writes a result folder in another tool's format. */
export async function exportResults(_folder: string, _format: string): Promise<string[]> {
  return [];
}
