import { fail } from '../core/errors.js';
import { grown } from '../core/rows.js';
import type { AgentRecord, ReservedAmounts } from '../model/job.js';
import { type Amounts, GPUS, type ResourceSpace } from '../model/resources.js';

/** Thousandths of one GPU device. */
const DEVICE = 1000;

/**
 * The agents: columns by row, in the order in which they first registered. `free` is what is neither offered nor allocated;
 * FreePool alone changes it.
 */
export class AgentStore {
  count = 0;
  /** Registered and reachable. */
  isUp = new Uint8Array(16);
  /** Up and not deactivated by an operator: its resources may be offered. */
  isActive = new Uint8Array(16);
  total: Float64Array;
  free: Float64Array;
  taskCount = new Int32Array(16);
  /** First task on the agent, -1 = none (TaskStore links the rest). */
  firstTask = new Int32Array(16).fill(-1);
  readonly names: string[] = [];
  readonly attributes: Readonly<Record<string, string>>[] = [];
  /** The record that an agent registered with last. */
  private readonly records: AgentRecord[] = [];
  /** Free thousandths of each GPU device; undefined where the agent has none. */
  readonly devices: (Int32Array | undefined)[] = [];
  /** Counts changes of membership and totals, for caches of feasibility. */
  epoch = 0;
  private readonly rows = new Map<string, number>();

  constructor(readonly resources: ResourceSpace) {
    this.total = new Float64Array(16 * resources.count);
    this.free = new Float64Array(16 * resources.count);
  }

  /** A new agent, not yet up. */
  add(record: AgentRecord): number {
    if (this.rows.has(record.id)) fail(`agent ${record.id} is added twice`);
    if (this.count === this.isUp.length) this.grow();
    const row = this.count++;
    this.rows.set(record.id, row);
    this.names.push(record.id);
    this.attributes.push(record.attributes);
    this.records.push(record);
    this.firstTask[row] = -1;
    this.setTotal(row, record.amounts);
    return row;
  }

  /** Region and zone of the agent, undefined where it has none. */
  domainOf(row: number): { readonly region?: string | undefined; readonly zone?: string | undefined } {
    return this.records[row]?.domain ?? {};
  }

  /** Its static reservations. */
  reservedOf(row: number): readonly ReservedAmounts[] | undefined {
    return this.records[row]?.reserved;
  }

  rowOf(id: string): number {
    return this.rows.get(id) ?? -1;
  }

  setTotal(row: number, amounts: Amounts): void {
    this.total.set(amounts, row * this.resources.count);
    const deviceCount = Math.floor((amounts[GPUS] as number) / DEVICE);
    this.devices[row] = deviceCount > 0 ? new Int32Array(deviceCount).fill(DEVICE) : undefined;
    this.epoch++;
  }

  totalOf(row: number): Amounts {
    const width = this.resources.count;
    return this.total.subarray(row * width, row * width + width);
  }

  freeOf(row: number): Amounts {
    const width = this.resources.count;
    return this.free.subarray(row * width, row * width + width);
  }

  /** True when the devices can take the request now: whole devices, or a part of one. */
  gpusFit(row: number, gpusMilli: number): boolean {
    const devices = this.devices[row];
    if (devices === undefined) return gpusMilli === 0;
    let wholeCount = 0;
    for (let device = 0; device < devices.length; device++) {
      const freeMilli = devices[device] as number;
      if (gpusMilli < DEVICE && freeMilli >= gpusMilli) return true;
      if (freeMilli === DEVICE) wholeCount++;
    }
    return gpusMilli >= DEVICE && wholeCount * DEVICE >= gpusMilli && gpusMilli % DEVICE === 0;
  }

  /** How many requests of this size the devices can take now. */
  gpuSlots(row: number, gpusMilli: number): number {
    const devices = this.devices[row];
    if (devices === undefined) return 0;
    let count = 0;
    let wholeCount = 0;
    for (let device = 0; device < devices.length; device++) {
      const freeMilli = devices[device] as number;
      if (gpusMilli < DEVICE) count += Math.floor(freeMilli / gpusMilli);
      if (freeMilli === DEVICE) wholeCount++;
    }
    return gpusMilli < DEVICE ? count : Math.floor((wholeCount * DEVICE) / gpusMilli);
  }

  /** Takes devices for a task and returns their mask (32 devices at most); a part goes to the fullest device that holds it. */
  takeGpus(row: number, gpusMilli: number): number {
    const devices = this.devices[row];
    if (devices === undefined || gpusMilli === 0) return 0;
    if (gpusMilli < DEVICE) {
      let best = -1;
      for (let device = 0; device < devices.length; device++) {
        const freeMilli = devices[device] as number;
        if (freeMilli >= gpusMilli && (best < 0 || freeMilli < (devices[best] as number))) best = device;
      }
      if (best < 0) fail(`agent ${this.names[row]} has no GPU device with ${gpusMilli} thousandths free`);
      devices[best] = (devices[best] as number) - gpusMilli;
      return 1 << best;
    }
    let mask = 0;
    let left = gpusMilli;
    for (let device = 0; device < devices.length && left > 0; device++) {
      if (devices[device] !== DEVICE) continue;
      devices[device] = 0;
      mask |= 1 << device;
      left -= DEVICE;
    }
    if (left > 0) fail(`agent ${this.names[row]} has too few whole GPU devices free`);
    return mask;
  }

  returnGpus(row: number, gpusMilli: number, mask: number): void {
    const devices = this.devices[row];
    if (devices === undefined || mask === 0) return;
    const share = Math.min(gpusMilli, DEVICE);
    for (let device = 0; device < devices.length; device++) {
      if ((mask & (1 << device)) !== 0) devices[device] = (devices[device] as number) + share;
    }
  }

  private grow(): void {
    const capacity = this.isUp.length * 2;
    this.isUp = grown(this.isUp, capacity);
    this.isActive = grown(this.isActive, capacity);
    this.taskCount = grown(this.taskCount, capacity);
    this.firstTask = grown(this.firstTask, capacity);
    this.total = grown(this.total, capacity * this.resources.count);
    this.free = grown(this.free, capacity * this.resources.count);
  }
}
