import { SignalboxError } from '../../schemas/index.ts';
import type { JobGroup } from '../plugin/job-group.ts';

/** A submission with a key. */
export interface Keyed {
  /** SHA-256 of the request. */
  readonly askedHash: string;
  readonly command: string;
  readonly group: JobGroup;
  /** Resolves when it is stored. Absent if that is not required. */
  readonly stored?: () => Promise<void>;
}

/** Number of keys from which on forgotten ones are removed. */
const minKeys = 1_000;

/** Groups that were submitted with a key. While its jobs are known, the same key returns the same group. */
export class KeyedGroups {
  private readonly isKnown: (group: JobGroup) => boolean;
  private readonly byKey = new Map<string, Keyed>();
  private sweepAt = minKeys;

  constructor(isKnown: (group: JobGroup) => boolean) {
    this.isKnown = isKnown;
  }

  has(actor: string, key: string): boolean {
    const known = this.byKey.get(nameOf(actor, key));
    return known !== undefined && this.isKnown(known.group);
  }

  /** @throws SignalboxError `bad_usage` if the key was used for another command, target or arguments. */
  find(actor: string, key: string, askedHash: () => string): Keyed | undefined {
    const known = this.byKey.get(nameOf(actor, key));
    if (!known || !this.isKnown(known.group)) return undefined;
    if (known.askedHash === askedHash()) return known;
    const { command, group } = known;
    const text = `the key '${key}' was used for another command, target or arguments (${command}, ${group.id})`;
    throw new SignalboxError('bad_usage', text);
  }

  add(actor: string, key: string, keyed: Keyed): void {
    this.byKey.set(nameOf(actor, key), keyed);
    if (this.byKey.size < this.sweepAt) return;
    for (const [name, { group }] of this.byKey) if (!this.isKnown(group)) this.byKey.delete(name);
    this.sweepAt = Math.max(minKeys, this.byKey.size * 2);
  }
}

const nameOf = (actor: string, key: string): string => JSON.stringify([actor, key]);
