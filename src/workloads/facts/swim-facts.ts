import type { Rows } from '../rows.js';

/** Counts and exact sums over the rows of SWIM files. Sums of bytes pass 2^53: they are told as text. */
export function swimFacts(rows: Rows): Record<string, unknown> {
  const sums = [0n, 0n, 0n];
  const facts = { jobs: 0, mapOnly: 0, zeroInput: 0 };
  let firstSubmitS = Number.POSITIVE_INFINITY;
  let lastSubmitS = Number.NEGATIVE_INFINITY;
  while (rows.next()) {
    facts.jobs++;
    const submitS = rows.number(1);
    if (submitS < firstSubmitS) firstSubmitS = submitS;
    if (submitS > lastSubmitS) lastSubmitS = submitS;
    for (const row of sums.keys()) {
      const text = rows.text(3 + row).trim();
      if (/^\d+$/.test(text)) sums[row] = (sums[row] as bigint) + BigInt(text);
    }
    if (rows.number(4) === 0) facts.mapOnly++;
    if (rows.number(3) === 0) facts.zeroInput++;
  }
  rows.close();
  const [inputBytes, shuffleBytes, outputBytes] = sums.map(String);
  return { ...facts, firstSubmitS, lastSubmitS, inputBytes, shuffleBytes, outputBytes };
}
