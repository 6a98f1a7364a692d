import type { AddressPolicy } from '../address/address-policy.ts';
import type { Lookup } from '../http/names.ts';
import type { Patterns } from '../match/patterns.ts';

/** Shared by all checks of a client. */
export interface CheckSurroundings {
  readonly policy: AddressPolicy;
  readonly lookup: Lookup;
  readonly patterns: Pick<Patterns, 'test'>;
}
