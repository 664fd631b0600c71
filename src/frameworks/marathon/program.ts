import { InputError } from '../../core/errors.js';
import type { SchedulerDriver } from '../../model/framework.js';
import { parseDurationUs } from '../../model/units.js';
import type { Alarm, Alarms } from '../shared/alarms.js';
import type { Instance } from './instance.js';

/** How the programs of tasks behave: parameters of the scenario, which an app's labels may change for itself. */
export interface ProgramModel {
  /** From the start to the first answer to a check. */
  readonly startupUs: number;
  /** Mean of the exponential life until the program fails; 0 = it never does. */
  readonly meanLifeUs: number;
  /** Chance that a start fails, at the end of its startup. */
  readonly startFailure: number;
  /** Means of the exponential times between answering and not answering checks; 0 = it always answers. */
  readonly meanHealthyUs: number;
  readonly meanUnhealthyUs: number;
  /** From the signal to end (SIGTERM) to the end; longer than the grace period means to be killed then. */
  readonly shutdownUs: number;
}

/** Labels of an app that replace a parameter for its instances. */
export const MODEL_LABELS: Readonly<Record<string, keyof ProgramModel>> = {
  MESOSIM_STARTUP: 'startupUs',
  MESOSIM_MEAN_LIFE: 'meanLifeUs',
  MESOSIM_START_FAILURE: 'startFailure',
  MESOSIM_MEAN_HEALTHY: 'meanHealthyUs',
  MESOSIM_MEAN_UNHEALTHY: 'meanUnhealthyUs',
  MESOSIM_SHUTDOWN: 'shutdownUs',
};

/** The model with the labels of an app in place. Throws InputError E_JOB_JSON for a value that cannot be read. */
export function modelFor(model: ProgramModel, labels: Readonly<Record<string, string>>, appId: string): ProgramModel {
  const values: Record<string, number> = { ...model };
  for (const [label, key] of Object.entries(MODEL_LABELS)) {
    const text = labels[label];
    if (text === undefined) continue;
    if (key !== 'startFailure') values[key] = parseDurationUs(text, `label ${label} of ${appId}`);
    else {
      const chance = Number(text);
      if (!(chance >= 0 && chance <= 1) || text.trim() === '') {
        throw new InputError(
          'E_JOB_JSON',
          `label ${label} of ${appId} must be a chance between 0 and 1, got "${text}"`,
        );
      }
      values[key] = chance;
    }
  }
  return values as unknown as ProgramModel;
}

/** Plays the programs: they start, live, stop answering for a while, and fail. Each purpose has a random stream of its own. */
export class Programs {
  private readonly life: () => number;
  private readonly start: () => number;
  private readonly health: () => number;

  constructor(
    driver: SchedulerDriver,
    private readonly alarms: Alarms,
    private readonly onAnswering: (instance: Instance) => void,
    private readonly onFailed: (instance: Instance, reason: string) => void,
  ) {
    this.life = driver.random('life');
    this.start = driver.random('start');
    this.health = driver.random('health');
  }

  started(instance: Instance, model: ProgramModel): void {
    const fails = model.startFailure > 0 && this.start() < model.startFailure;
    this.after(instance, model.startupUs, () => {
      if (fails) {
        this.onFailed(instance, 'start-failed');
        return;
      }
      if (model.meanLifeUs > 0) {
        this.after(instance, draw(this.life, model.meanLifeUs), () => this.onFailed(instance, 'crashed'));
      }
      this.answer(instance, model, true);
    });
  }

  private answer(instance: Instance, model: ProgramModel, isAnswering: boolean): void {
    instance.isAnswering = isAnswering;
    this.onAnswering(instance);
    const meanUs = isAnswering ? model.meanHealthyUs : model.meanUnhealthyUs;
    if (model.meanHealthyUs > 0 && meanUs > 0) {
      this.after(instance, draw(this.health, meanUs), () => this.answer(instance, model, !isAnswering));
    }
  }

  private after(instance: Instance, delayUs: number, action: () => void): void {
    if (delayUs === 0) {
      action();
      return;
    }
    const alarm: Alarm = this.alarms.after(delayUs, () => {
      instance.alarms.delete(alarm);
      action();
    });
    instance.alarms.add(alarm);
  }
}

function draw(random: () => number, meanUs: number): number {
  return Math.max(1, Math.round(-Math.log(1 - random()) * meanUs));
}
