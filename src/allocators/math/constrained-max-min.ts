import { fail } from '../../core/errors.js';
import { Fraction, least, sumOf } from './fraction.js';
import { transport } from './transport.js';

/** A user that may run on some machines only. */
export interface ConstrainedUser {
  readonly weight: Fraction;
  /** Per machine. */
  readonly allowed: readonly boolean[];
  /** Units that it can use, undefined = no end. */
  readonly limit?: Fraction | undefined;
}

/**
 * Constrained max-min fairness (Choosy: Ghodsi et al., EuroSys 2013), fluid: allocation / weight is lexicographically max-min under
 * the machines that each user may use. Every round finds the highest common level by Newton's method on least cuts (exact, finite),
 * then freezes the users that cannot rise.
 */
export function constrainedMaxMin(machineUnits: readonly Fraction[], users: readonly ConstrainedUser[]): Fraction[] {
  const allowed = users.map((user) => user.allowed);
  const allocation = users.map(() => Fraction.zero);
  let active = users.map((_, index) => index).filter((index) => users[index]?.allowed.includes(true) === true);
  while (active.length > 0) {
    const level = commonLevel(machineUnits, users, allocation, active);
    for (const index of active) allocation[index] = (users[index] as ConstrainedUser).weight.times(level);
    const { canGrow } = transport(allocation, machineUnits, allowed);
    const stays = active.filter((index) => {
      const limit = users[index]?.limit;
      return canGrow[index] === true && (limit === undefined || (allocation[index] as Fraction).compare(limit) < 0);
    });
    if (stays.length === active.length) fail('constrained max-min froze nobody in a round');
    active = stays;
  }
  return allocation;
}

/** The largest t such that every active user can have weight · t beside what the frozen ones hold. */
function commonLevel(
  machineUnits: readonly Fraction[],
  users: readonly ConstrainedUser[],
  frozen: readonly Fraction[],
  active: readonly number[],
): Fraction {
  const isActive = users.map((_, index) => active.includes(index));
  let level = sumOf(machineUnits).over(sumOf(active.map((index) => (users[index] as ConstrainedUser).weight)));
  for (const index of active) {
    const { limit, weight } = users[index] as ConstrainedUser;
    if (limit !== undefined) level = least(level, limit.over(weight));
  }
  for (;;) {
    const wanted = users.map((user, index) =>
      isActive[index] === true ? user.weight.times(level) : (frozen[index] as Fraction),
    );
    const cut = transport(
      wanted,
      machineUnits,
      users.map((user) => user.allowed),
    );
    if (cut.total.equals(sumOf(wanted))) return level;
    // The users of the cut share what their machines have beside the frozen ones among them.
    const inCut = users.map((_, index) => index).filter((index) => cut.short[index] === true);
    const reach = machineUnits.filter((_, machine) => inCut.some((index) => users[index]?.allowed[machine] === true));
    const held = sumOf(inCut.filter((index) => isActive[index] !== true).map((index) => frozen[index] as Fraction));
    const weights = inCut
      .filter((index) => isActive[index] === true)
      .map((index) => (users[index] as ConstrainedUser).weight);
    level = sumOf(reach).minus(held).over(sumOf(weights));
  }
}
