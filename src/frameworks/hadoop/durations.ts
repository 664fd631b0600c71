import type { SchedulerDriver } from '../../model/framework.js';
import { Luck } from '../inside/luck.js';
import { ANY, NO_DATA, NODE, type Phase, RACK } from './phase.js';
import type { HadoopSettings } from './settings.js';
import type { Tracker } from './tracker.js';

/** How long an attempt takes: a reduce copies, then works. */
export interface RunTime {
  readonly copyUs: number;
  readonly workUs: number;
  readonly isFailing: boolean;
}

/** Run times of attempts: those of the workload, or from bytes and rates; then distance, slow agents, bad luck. */
export class Durations {
  private readonly luck: Luck;

  constructor(
    private readonly settings: HadoopSettings,
    driver: SchedulerDriver,
  ) {
    this.luck = new Luck(settings, driver);
  }

  of(phase: Phase, level: number, tracker: Tracker): RunTime {
    const isFailing = this.luck.fails();
    const factor = this.luck.factorOn(tracker.agent) / (isFailing ? 2 : 1);
    const { copyUs, workUs } = this.plain(phase, level);
    return { copyUs: Math.round(copyUs * factor), workUs: Math.round(workUs * factor), isFailing };
  }

  private plain(phase: Phase, level: number): { copyUs: number; workUs: number } {
    const { settings } = this;
    if (settings.durations === 'bytes' && phase.pending.group.inputMilliMib !== undefined)
      return this.byBytes(phase, level);
    const { durationUs } = phase.pending.group;
    if (!phase.isMap) {
      const copyUs = durationUs * settings.shuffleShare;
      return { copyUs, workUs: durationUs - copyUs };
    }
    const factor = level === RACK ? settings.rackFactor : level === ANY ? settings.anyFactor : 1;
    return { copyUs: 0, workUs: durationUs * factor };
  }

  /** startup + read / rate + written / rate; what a reduce reads is its copying. */
  private byBytes(phase: Phase, level: number): { copyUs: number; workUs: number } {
    const { startup, readMibS, networkMibS, shuffleMibS, writeMibS } = this.settings;
    const { inputMilliMib = 0, outputMilliMib } = phase.pending.group;
    const readMib = inputMilliMib / 1000;
    const writtenUs = (outputMilliMib / 1000 / writeMibS) * 1e6;
    if (!phase.isMap) return { copyUs: (readMib / shuffleMibS) * 1e6, workUs: startup + writtenUs };
    const isLocal = level === NODE || level === NO_DATA;
    return { copyUs: 0, workUs: startup + (readMib / (isLocal ? readMibS : networkMibS)) * 1e6 + writtenUs };
  }
}
