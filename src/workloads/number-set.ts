/** Numbers of a page share one bitmap of 4 KB. */
const PAGE_BITS = 15;
const PAGE = 1 << PAGE_BITS;
/** So many pages are made whatever is in them. */
const FREE_PAGES = 256;
/** Beyond those, pages must hold this many numbers on the average: fewer are cheaper in a table of hashes. */
const LEAST_PER_PAGE = 512;

/** Whole numbers, a bit each: cheap where they stand close together, refused where they do not. */
export class NumberSet {
  count = 0;
  private readonly pages = new Map<number, Uint32Array>();
  private page: Uint32Array | undefined;
  private pageNumber = -1;
  private isClosed = false;

  /** True if the number is to be added here. Once refused, the numbers of a page are refused for good: no page is made any more. */
  takes(number: number): boolean {
    if (this.pageOf(number) !== undefined) return true;
    this.isClosed ||= this.pages.size >= FREE_PAGES && this.count < LEAST_PER_PAGE * this.pages.size;
    if (this.isClosed) return false;
    this.page = new Uint32Array(PAGE / 32);
    this.pages.set(this.pageNumber, this.page);
    return true;
  }

  /** True if the number, which the set takes, is new. */
  add(number: number): boolean {
    const page = this.pageOf(number);
    if (page === undefined) return false;
    const bit = number % PAGE;
    const word = page[bit >>> 5] as number;
    const mask = 1 << (bit & 31);
    if ((word & mask) !== 0) return false;
    page[bit >>> 5] = word | mask;
    this.count++;
    return true;
  }

  has(number: number): boolean {
    const page = this.pageOf(number);
    const bit = number % PAGE;
    return page !== undefined && ((page[bit >>> 5] as number) & (1 << (bit & 31))) !== 0;
  }

  private pageOf(number: number): Uint32Array | undefined {
    const pageNumber = Math.floor(number / PAGE);
    if (pageNumber === this.pageNumber) return this.page;
    this.pageNumber = pageNumber;
    this.page = this.pages.get(pageNumber);
    return this.page;
  }
}
