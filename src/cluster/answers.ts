import { IntList } from '../core/int-list.js';
import type { OfferOperation } from '../model/operations.js';

/** One ACCEPT or DECLINE on its way to the master. Objects are pooled: `AnswerPool.give` returns one for reuse. */
export class Answer {
  client = 0;
  /** Offers that it answers. */
  readonly offers = new IntList();
  /** Agents whose part of the blanket it accepts. */
  readonly agents = new IntList();
  /** Operations, each with the number of bundles that go before it. */
  readonly operations: { readonly operation: OfferOperation; readonly after: number }[] = [];
  /** Bundles to launch. */
  readonly bundles = new IntList();
  /** Serial of the blanket whose rest it declines, 0 = none. */
  blanketSerial = 0;
  refuseUs = 0;

  constructor(readonly row: number) {}
}

export class AnswerPool {
  private readonly all: Answer[] = [];
  private readonly free: Answer[] = [];

  take(client: number, refuseUs: number): Answer {
    let answer = this.free.pop();
    if (answer === undefined) {
      answer = new Answer(this.all.length);
      this.all.push(answer);
    }
    answer.client = client;
    answer.refuseUs = refuseUs;
    answer.blanketSerial = 0;
    answer.offers.clear();
    answer.agents.clear();
    answer.bundles.clear();
    answer.operations.length = 0;
    return answer;
  }

  get(row: number): Answer {
    return this.all[row] as Answer;
  }

  give(answer: Answer): void {
    this.free.push(answer);
  }
}
