/** The public API of mesosim: a table of contents. */

export { allocators } from './allocators/index.js';
export {
  type BidContext,
  type Bidder,
  type BidderDefinition,
  type BidPart,
  defineBidder,
} from './allocators/market/bidders/bidder.js';
export { bidders } from './allocators/market/bidders/index.js';
export { InputError, InputErrors, InvariantError } from './core/errors.js';
export { Streams } from './core/random.js';
export { faults } from './faults/index.js';
export { frameworks } from './frameworks/index.js';
export { MARATHON_OPTIONS, marathonOf } from './frameworks/marathon/index.js';
export type { Marathon } from './frameworks/marathon/marathon.js';
export { Autoscaler, type AutoscalerSettings, type LoadSample } from './frameworks/web/autoscaler.js';
export { type Balancer, type BalancerOptions, balancerOf, type Stations } from './frameworks/web/balancers.js';
export { Traffic, type TrafficSettings } from './frameworks/web/traffic.js';
export { metrics } from './metrics/index.js';
export {
  type Allocator,
  type AllocatorContext,
  type AllocatorDefinition,
  type AllocatorView,
  type ClearingAllocator,
  type DecisionSink,
  type DemandEntry,
  defineAllocator,
  type GrantLot,
  type GrantSink,
  type GrantTerms,
  type RunningTask,
  type Sorter,
  type SorterAllocator,
} from './model/allocator.js';
export { defineFault, type Fault, type FaultContext, type FaultDefinition, type FaultSink } from './model/fault.js';
export {
  defineFramework,
  type Framework,
  type FrameworkDefinition,
  type FrameworkSlots,
  type HeldOffers,
  type SchedulerDriver,
  type SchedulerJob,
} from './model/framework.js';
export type {
  AgentRecord,
  JobDependency,
  JobRecord,
  JobSource,
  MachineEvent,
  SourceReport,
  TaskGroup,
} from './model/job.js';
export {
  defineMetric,
  type MetricContext,
  type MetricDefinition,
  type RowWriter,
  type SummaryRow,
} from './model/metric.js';
export type { ClusterObserver, ClusterView, JobView, TaskFact } from './model/observer.js';
export type { OptionSpec, OptionSpecs, OptionValues } from './model/options.js';
export { defineOrder, type OrderDefinition, type PendingGroup, type QueuePolicy } from './model/order.js';
export { type Candidates, definePlacement, type Placement, type PlacementDefinition } from './model/placement.js';
export { parsePolicy, Registry } from './model/plugin.js';
export { type Amounts, ResourceSpace } from './model/resources.js';
export type { TraceContext, TraceFormat, TraceIssue } from './model/trace-format.js';
export { causeRow, type WaitCause } from './model/waits.js';
export { orders } from './orders/index.js';
export { placements } from './placements/index.js';
export { loadScenario, parseScenario, type Scenario } from './scenario/load.js';
export { type RunOptions, type RunResult, runScenario } from './scenario/run.js';
export { Simulation, type SimulationOptions } from './scenario/simulation.js';
export { VERSION } from './version.js';
export { traceFormats } from './workloads/index.js';
