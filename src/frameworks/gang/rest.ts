import type { SchedulerDriver } from '../../model/framework.js';
import type { GangSettings } from './settings.js';

/** A filter of the longest time that Mesos keeps one (tfmesos asks for 2^32 − 1 s). */
const FOR_EVER_US = 365 * 86_400e6;

/** Answers what is left of offers: as the programs do while they want more, and when they do not. */
export function answerRest(
  driver: SchedulerDriver,
  { whenFull, mode }: GangSettings,
  { isHungry, isEmpty }: { isHungry: boolean; isEmpty: boolean },
  refuseUs: number,
): void {
  if (isHungry || whenFull === 'decline') {
    // Without a filter where one batch must do: else half of the agents would always be away.
    driver.declineAll(isHungry && mode === 'atomic' ? 0 : refuseUs);
  } else if (whenFull === 'refuse') {
    driver.declineAll(isEmpty ? refuseUs : FOR_EVER_US);
  } else {
    driver.suppress();
    driver.declineAll(0);
  }
}
