/** Up to so many names, comparing with each costs less than a set. */
const FEW = 24;

/** Names met so far, mostly few: those of the tasks of a job. */
export class FewNames {
  private readonly names: string[] = [];
  private many: Set<string> | undefined;

  has(name: string): boolean {
    if (this.many !== undefined) return this.many.has(name);
    const { names } = this;
    for (let index = 0; index < names.length; index++) if (names[index] === name) return true;
    return false;
  }

  add(name: string): void {
    if (this.many === undefined && this.names.length >= FEW) this.many = new Set(this.names);
    if (this.many === undefined) this.names.push(name);
    else this.many.add(name);
  }
}
