/** Counts by name, told as an object without inherited names. */
export class Counts {
  private readonly counts = new Map<string, number>();

  add(name: string, amount = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + amount);
  }

  get size(): number {
    return this.counts.size;
  }

  tell(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }
}
