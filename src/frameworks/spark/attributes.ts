import { InputError } from '../../core/errors.js';
import type { HeldOffers } from '../../model/framework.js';

/**
 * `spark.mesos.constraints`: `rack:r1,r2;ssd:true`. All attributes must match; a bare name asks that the attribute is there
 * (MesosSchedulerUtils.parseConstraintString, matchesAttributeRequirements).
 */
export class Attributes {
  private readonly terms: readonly { name: string; values: readonly string[] }[];

  constructor(text: string) {
    this.terms = text
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map((part) => {
        const [name = '', values = '', ...rest] = part.split(':');
        if (name === '' || rest.length > 0) {
          throw new InputError('E_OPTION_VALUE', `spark[constraints] must be attribute:value,…;…, got "${part}"`);
        }
        return { name, values: values.split(',').filter((value) => value !== '') };
      });
  }

  get isEmpty(): boolean {
    return this.terms.length === 0;
  }

  allow(agent: number, offers: HeldOffers): boolean {
    return this.terms.every(({ name, values }) => {
      const value = offers.attributeOf(agent, name);
      return value !== undefined && (values.length === 0 || values.includes(value));
    });
  }
}
