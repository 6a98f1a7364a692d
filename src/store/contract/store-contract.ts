import { batchRules } from './batch-rules.ts';
import { collectionRules } from './collection-rules.ts';
import { durableRules } from './durable-rules.ts';
import { jobRules } from './job-rules.ts';
import { listRules } from './list-rules.ts';
import { logRules } from './log-rules.ts';
import { placeRules } from './place-rules.ts';
import { pruneRules } from './prune-rules.ts';
import type { StoreCase } from './store-case.ts';
import { transferRules } from './transfer-rules.ts';

export type { StoreCase, StorePlace } from './store-case.ts';

/**
 * The rules that every store must follow, for the tests of its author:
 *
 * ```ts
 * for (const { title, run } of storeCases) test(title, () => run({ open: () => openMyStore(emptyPlace) }));
 * ```
 */
export const storeCases: readonly StoreCase[] = [
  ...jobRules,
  ...batchRules,
  ...placeRules,
  ...listRules,
  ...pruneRules,
  ...logRules,
  ...collectionRules,
  ...durableRules,
  ...transferRules,
];
