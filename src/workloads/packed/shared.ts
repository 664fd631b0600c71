import type { Amounts } from '../../model/resources.js';
import type { Packer, Unpacker } from './packer.js';

/** Entries that a table keeps; what comes later is written out in full. */
export const MOST_KEPT = 1 << 16;

/** Texts that repeat (users, queues, names of tasks) are written as a number. */
export class SharedTexts {
  private readonly numbers = new Map<string, number>();
  private readonly texts: string[] = [];
  private last = '';
  private lastNumber = 0;

  constructor(private readonly most: number) {}

  write(packer: Packer, text: string): void {
    if (text !== this.last || this.lastNumber === 0) {
      this.lastNumber = this.numberOf(text);
      this.last = text;
    }
    packer.number(this.lastNumber);
    if (this.lastNumber === 0) packer.text(text);
  }

  /** From 1; 0 = the text is not kept. */
  private numberOf(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    if (this.texts.length >= this.most) return 0;
    this.texts.push(text);
    this.numbers.set(text, this.texts.length);
    return this.texts.length;
  }

  read(unpacker: Unpacker): string {
    const number = unpacker.number();
    return number === 0 ? unpacker.text() : (this.texts[number - 1] as string);
  }
}

/** Amounts that repeat are written as a number and come back as one object. */
export class SharedAmounts {
  private slots: Int32Array = new Int32Array(1024);
  private readonly kept: Amounts[] = [];
  private last: Amounts | undefined;
  private lastNumber = 0;

  constructor(private readonly most: number) {}

  write(packer: Packer, amounts: Amounts): void {
    if (amounts !== this.last) {
      this.lastNumber = this.numberOf(amounts);
      this.last = amounts;
    }
    packer.number(this.lastNumber);
    if (this.lastNumber > 0) return;
    packer.number(amounts.length);
    for (const amount of amounts) packer.number(amount);
  }

  /** From 1; 0 = the amounts are not kept. */
  private numberOf(amounts: Amounts): number {
    let slot = hashOf(amounts) & (this.slots.length - 1);
    for (;;) {
      const number = this.slots[slot] as number;
      if (number === 0) break;
      if (areSame(this.kept[number - 1] as Amounts, amounts)) return number;
      slot = (slot + 1) & (this.slots.length - 1);
    }
    if (this.kept.length >= this.most) return 0;
    this.kept.push(amounts);
    this.slots[slot] = this.kept.length;
    if (this.kept.length * 2 > this.slots.length) this.grow();
    return this.kept.length;
  }

  private grow(): void {
    const slots = new Int32Array(this.slots.length * 2);
    for (const [index, amounts] of this.kept.entries()) {
      let slot = hashOf(amounts) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = index + 1;
    }
    this.slots = slots;
  }

  read(unpacker: Unpacker): Amounts {
    const number = unpacker.number();
    if (number > 0) return this.kept[number - 1] as Amounts;
    const amounts = new Float64Array(unpacker.number());
    for (let index = 0; index < amounts.length; index++) amounts[index] = unpacker.number();
    return amounts;
  }
}

function hashOf(amounts: Amounts): number {
  let hash = amounts.length;
  for (let index = 0; index < amounts.length; index++) {
    const amount = amounts[index] as number;
    // Amounts are multiples of round numbers: their low bits alone would crowd few slots.
    hash = Math.imul(hash ^ (amount | 0) ^ ((amount / 2 ** 32) | 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function areSame(a: Amounts, b: Amounts): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
