/**
 * The key by which a sorter ranks a node: smaller is served first; ties go to fewer grants, then to path bytes, as Mesos does
 * (sorter.hpp compareDRF).
 */
export interface RankRule {
  /** True when the key is divided by the weight of the role. */
  readonly isWeighted: boolean;
  /**
   * Key of `held[offset …]` in thousandths. `scalars` are the cluster's totals as Mesos's doubles (thousandths over 1000), 0 for
   * names left out of shares. `stamp` is the number of the sorter's last grant that went to the node, 0 = none.
   */
  key(held: Float64Array, offset: number, scalars: Float64Array, stamp: number): number;
}

/** Largest share of any resource (sorter.cpp calculateShare): raw double divisions, so that comparisons equal Mesos's bit by bit. */
export const dominantShare: RankRule = {
  isWeighted: true,
  key: (held, offset, scalars) => {
    let share = 0;
    for (let resource = 0; resource < scalars.length; resource++) {
      const total = scalars[resource] as number;
      if (total <= 0) continue;
      const part = (held[offset + resource] as number) / 1000 / total;
      if (part > share) share = part;
    }
    return share;
  },
};
