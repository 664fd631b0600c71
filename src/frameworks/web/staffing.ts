/** Erlang's B by its recursion B(c) = a·B(c−1) / (c + a·B(c−1)); C = c·B / (c − a·(1 − B)) (Erlang 1917; Cooper 1981, ch. 3). */
export function erlangC(servers: number, offeredLoad: number): number {
  if (servers <= offeredLoad) return 1;
  let blocking = 1;
  for (let count = 1; count <= servers; count++) blocking = (offeredLoad * blocking) / (count + offeredLoad * blocking);
  return (servers * blocking) / (servers - offeredLoad * (1 - blocking));
}

/** The fewest servers at which an arrival waits with at most this chance: what square-root staffing approximates (Halfin and Whitt 1981). */
export function fewestServers(offeredLoad: number, waitProbability: number): number {
  let blocking = 1;
  for (let servers = 1; ; servers++) {
    blocking = (offeredLoad * blocking) / (servers + offeredLoad * blocking);
    const delayed = (servers * blocking) / (servers - offeredLoad * (1 - blocking));
    if (servers > offeredLoad && delayed <= waitProbability) return servers;
  }
}
