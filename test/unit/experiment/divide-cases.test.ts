import { describe, expect, it } from 'vitest';
import { type DivideView, divide, parseProblem, viewOf } from '../../../src/experiment/divide.js';
import { readCases } from '../../laws/support/case.js';
import { differences } from '../../laws/support/compare.js';

function run(problem: unknown, policy: string): DivideView {
  const parsed = parseProblem(JSON.stringify(problem), 'problem.json');
  return viewOf(parsed, divide(parsed, policy));
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${index}`);
const record = (values: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(values.map((value, index) => [`r${index}`, value]));

// Every static case of the validation file, written as a problem and divided.
interface Inputs {
  readonly capacity: number[];
  readonly users: {
    name: string;
    demandPerTask: number[];
    weight: string | number;
    maxTasks: number | null;
    allowed: (string | number)[];
  }[];
  readonly agents: { name: string; capacity: number[] }[];
  readonly machines: (string | number)[];
  readonly unitsPerMachine: number;
  readonly demands: number[];
  readonly weights: (string | number)[] & number[][];
  readonly budgets: number[];
  readonly values: number[][] & number[];
  readonly supply: number[];
  readonly demandPerTask: number[][];
  readonly units: number;
  readonly marginalBids: Record<string, number[]>;
  readonly bids: { name: string; bundle: number[]; price: number; quantity: number }[];
  readonly total: number[];
  readonly bidders: { name: string; unitPrice: string[]; demandPerTask: number[]; maxTasks: number | null }[];
}

type Translation = (inputs: Inputs) => {
  problem: unknown;
  policy: string;
  pick: (view: DivideView) => Record<string, unknown>;
};

const pooled = (inputs: Inputs): unknown[] =>
  inputs.users.map(({ name, demandPerTask, weight, maxTasks }) => ({
    name,
    demand: record(demandPerTask),
    weight,
    maxTasks,
  }));
const tasksOf = (view: DivideView, part: 'fractional' | 'whole'): unknown[] | undefined =>
  view[part]?.users.map((user) => user.exact['tasks'] ?? user.tasks);
const amountsOf = (view: DivideView): unknown[] | undefined =>
  view.fractional?.users.map((user) =>
    Object.values((user.exact['amounts'] ?? user.amounts) as Record<string, unknown>),
  );
const byUser = (
  view: DivideView,
  value: (user: NonNullable<DivideView['whole']>['users'][number]) => unknown,
): Record<string, unknown> => Object.fromEntries((view.whole?.users ?? []).map((user) => [user.name, value(user)]));
const details = (view: DivideView): Record<string, unknown> => view.details as Record<string, unknown>;

const TRANSLATIONS: Record<string, Translation> = {
  'drf-pool': (inputs) => ({
    problem: { resources: record(inputs.capacity), users: pooled(inputs) },
    policy: 'drf',
    pick: (view) => ({
      tasksFractional: tasksOf(view, 'fractional'),
      dominantShares: view.fractional?.users.map((user) => user.exact['dominantShare']),
      discreteTasksSkip: tasksOf(view, 'whole'),
      freezeRounds: details(view)['freezeRounds'],
    }),
  }),
  'drf-agents-first-fit': (inputs) => ({
    problem: {
      agents: inputs.agents.map((agent) => ({ name: agent.name, capacity: record(agent.capacity) })),
      users: pooled(inputs),
    },
    policy: 'drf',
    pick: (view) => ({ tasks: byUser(view, (user) => user.tasks), placements: details(view)['placements'] }),
  }),
  'max-min-single': (inputs) => ({
    problem: {
      resources: record([inputs.capacity]),
      users: inputs.demands.map((cap, i) => ({
        name: `u${i}`,
        demand: { r0: 1 },
        maxTasks: cap,
        weight: inputs.weights[i],
      })),
    },
    policy: 'max-min',
    pick: (view) => ({ allocation: tasksOf(view, 'fractional') }),
  }),
  'choosy-cmmf': (inputs) => ({
    problem: {
      agents: inputs.machines.map((name) => ({ name: String(name), capacity: { r0: inputs.unitsPerMachine } })),
      users: inputs.users.map(({ name, allowed, weight }) => ({
        name,
        weight,
        demand: { r0: 1 },
        allowedAgents: allowed.map(String),
      })),
    },
    policy: 'max-min',
    pick: (view) => ({ allocation: tasksOf(view, 'fractional') }),
  }),
  'fisher-linear': (inputs) => ({
    problem: {
      resources: record(inputs.supply),
      users: inputs.values.map((row, i) => ({
        name: `u${i}`,
        budget: inputs.budgets[i],
        values: record(row as unknown as number[]),
      })),
    },
    policy: 'fisher',
    pick: (view) => ({
      prices: Object.values(view.pricesExact ?? {}),
      utilities: details(view)['utilities'],
      allocation: amountsOf(view),
    }),
  }),
  'fisher-leontief': (inputs) => ({
    problem: {
      resources: record(inputs.capacity),
      users: inputs.demandPerTask.map((row, i) => ({ name: `u${i}`, budget: inputs.budgets[i], demand: record(row) })),
    },
    policy: 'fisher',
    pick: (view) => ({
      tasks: view.fractional?.users.map((user) => user.tasks),
      prices: Object.values(view.prices ?? {}),
    }),
  }),
  'multi-unit-auction': (inputs) => ({
    problem: {
      resources: { r0: inputs.units },
      users: Object.entries(inputs.marginalBids).map(([name, marginalBids]) => ({ name, marginalBids })),
    },
    policy: 'market-vcg',
    pick: (view) => ({
      unitsWon: byUser(view, (user) => user.tasks),
      vcgPayments: byUser(view, (user) => user.payment),
      priceHighestLosing: details(view)['priceHighestLosing'],
      priceLowestWinning: details(view)['priceLowestWinning'],
      welfare: view.whole?.value,
    }),
  }),
  'bundle-auction-vcg': (inputs) => ({
    problem: {
      resources: record(inputs.capacity),
      users: inputs.bids.map(({ name, bundle, price }) => ({ name, price, demand: record(bundle) })),
    },
    policy: 'market-vcg',
    pick: (view) => {
      const winners = view.whole?.users.filter((user) => user.tasks === 1) ?? [];
      return {
        winners: winners.map((user) => user.name),
        welfare: view.whole?.value,
        vcgPayments: Object.fromEntries(winners.map((user) => [user.name, user.payment])),
      };
    },
  }),
  'seed-bid-rule': (inputs) => ({
    problem: {
      resources: record([inputs.capacity]),
      users: inputs.bids.map(({ name, quantity, price }) => ({ name, price, demand: { r0: quantity } })),
    },
    policy: 'base-rule',
    pick: (view) => ({
      fractional: Object.fromEntries((view.fractional?.users ?? []).map((user) => [user.name, user.amounts['r0']])),
      revenueFractional: details(view)['revenueFractional'],
      allOrNothingWinners: details(view)['allOrNothingWinners'],
      revenueAllOrNothing: details(view)['revenueAllOrNothing'],
    }),
  }),
  'seed-bid-score': (inputs) => ({
    problem: {
      resources: record(inputs.total),
      users: inputs.bidders.map(({ name, unitPrice, demandPerTask, maxTasks }) => ({
        name,
        maxTasks,
        demand: record(demandPerTask),
        unitPrices: record(unitPrice),
      })),
    },
    policy: 'base-rule',
    pick: (view) => ({
      divisibleTasks: tasksOf(view, 'fractional'),
      wholeTasks: tasksOf(view, 'whole'),
      scorePerTask: details(view)['scorePerTask'],
      divisibleR: details(view)['divisibleR'],
      wholeR: details(view)['wholeR'],
      greedyTasks: details(view)['greedyTasks'],
      greedyR: details(view)['greedyR'],
    }),
  }),
  'tycoon-equilibrium': (inputs) => ({
    problem: {
      resources: record(names((inputs.weights[0] as unknown as number[]).length).map(() => 1)),
      users: inputs.budgets.map((budget, i) => ({
        name: `u${i}`,
        budget,
        values: record(inputs.weights[i] as unknown as number[]),
      })),
    },
    policy: 'tycoon',
    pick: (view) => ({
      bids: details(view)['bids'],
      utilities: details(view)['utilities'],
      prices: Object.values(view.prices ?? {}),
    }),
  }),
  'kelly-nash': (inputs) => ({
    problem: {
      resources: record([inputs.capacity]),
      users: inputs.values.map((value, i) => ({ name: `u${i}`, values: { r0: value } })),
    },
    policy: 'kelly',
    pick: (view) => ({
      price: view.pricesExact?.['r0'],
      shares: details(view)['shares'],
      bids: view.fractional?.users.map((user) => user.exact['payment']),
      efficiency: details(view)['efficiency'],
    }),
  }),
};

describe('every static case of the validation file, as a problem', () => {
  const { cases } = readCases();
  for (const law of cases) {
    const translate = TRANSLATIONS[law.family];
    if (translate === undefined) continue;
    it(`${law.id}: ${law.family}`, () => {
      const { problem, policy, pick } = translate(law.inputs as unknown as Inputs);
      const got = pick(run(problem, policy));
      const expected = Object.fromEntries(
        Object.keys(got).flatMap((key) => (key in law.expected ? [[key, law.expected[key]]] : [])),
      );
      expect(Object.keys(expected).length).toBeGreaterThan(0);
      expect(differences(got, expected, law.tolerance)).toEqual([]);
    });
  }
});
