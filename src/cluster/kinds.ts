/** Kinds of queue events. `a` and `b` are given for each. */
export const ARRIVAL = 1; // a: source
export const REVIVE = 2; // a: client
export const SUPPRESS = 3; // a: client
export const OFFERS = 4; // a: client, b: bulk
export const ACCEPT = 6; // a: answer
export const DECLINE = 7; // a: answer
export const RUN = 8; // a: bundle, b: its epoch
export const START = 9; // a: bundle, b: epoch
export const RUNNING_AT_MASTER = 10;
export const RUNNING_AT_FRAMEWORK = 11;
export const ACK_AT_MASTER = 12;
export const ACK_AT_AGENT = 13;
export const END = 14;
export const ENDED_AT_MASTER = 15;
export const ENDED_AT_FRAMEWORK = 16;
export const END_ACK_AT_MASTER = 17;
export const END_ACK_AT_AGENT = 18;
export const RESCIND = 19; // a: client
export const TIMER = 20; // a: timer row, b: epoch
export const OFFER_TIMEOUT = 21; // a: offer, b: epoch
export const KILL_AT_MASTER = 22; // a: task, b: epoch
export const KILL_AT_AGENT = 23; // a: task, b: epoch
export const KILLED = 24; // a: task, b: epoch: the grace period is over
export const DEPENDENCY_MET = 25; // a: job row, b: group
export const PUBLISH = 26; // a: framework, b: 1 = there are new tasks

export const FRAMEWORKS_START = 27;
export const USAGE_STEP = 28; // a: task, b: epoch
export const SNAPSHOT = 29; // a: framework
export const INVERSE_OFFER = 30; // a: agent, b: framework
export const INVERSE_ANSWER = 31; // a: agent, b: framework · 2 + 1 when accepted
export const ESTIMATE = 32; // estimates of revocable resources
export const FAILOVER_TIMEOUT = 33; // a: framework, b: number of its departure
export const LEADER_ELECTED = 34; // b: term
export const AGENT_REREGISTERS = 35; // a: agent, b: term
export const REREGISTER_TIMEOUT = 36; // b: term
export const ALLOCATOR_RESUMES = 37; // b: term

/** Kinds of fact in the digest. */
export const FACT_JOB_ARRIVED = 1;
export const FACT_GRANTED = 2;
export const FACT_ANSWER = 3;
export const FACT_LAUNCH = 4;
export const FACT_STATUS = 5;
export const FACT_RECOVERY = 6;
export const FACT_AGENT = 7;
export const FACT_FRAMEWORK = 8;
export const FACT_ROLE = 9;
export const FACT_PRICE = 10;
export const FACT_JOB_ENDED = 11;
export const FACT_OPERATION = 12;
export const FACT_INVERSE = 13;
export const FACT_QUOTA = 14;
export const FACT_MASTER = 15;
