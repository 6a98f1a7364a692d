import { whyUnavailable } from './apply-limits.ts';
import type { Containment } from './containment.ts';
import { findWorkspace } from './host.ts';
import { type LimitName, limitNames } from './options.ts';

/** What this machine supports, known before anything is started. */
export interface ProcessSupport {
  readonly containment: Containment;
  /** `true`, or why the limit cannot be set. */
  readonly limits: Readonly<Record<LimitName, true | string>>;
}

/** Finds out by trying, once. Starts nothing and leaves nothing. */
export async function processSupport(): Promise<ProcessSupport> {
  const workspace = await findWorkspace();
  const limits = Object.fromEntries(limitNames.map((name) => [name, whyUnavailable(name, workspace) ?? true]));
  return {
    containment: 'unavailable' in workspace ? { kind: 'none', reason: workspace.unavailable } : workspace.containment,
    limits: limits as Record<LimitName, true | string>,
  };
}
