import { SignalboxError } from '../../schemas/index.ts';
import { globMatcher } from '../glob.ts';
import { type Silence, type SilenceFilter, silenceSchema } from '../plugin/notify-calls.ts';
import type { Collection } from '../store/collection.ts';
import type { TargetGroup } from '../target-groups.ts';
import { digest } from './group.ts';
import { Kept } from './kept.ts';
import type { Note } from './note.ts';
import { createFilter, type Matches } from './rule.ts';

/** Silences by their filters. */
export class Silences {
  private readonly kept: Kept<Silence>;
  private readonly groups: ReadonlyMap<string, TargetGroup>;
  private readonly all = new Map<string, { readonly silence: Silence; readonly matches: Matches }>();

  constructor(collection: Collection<Silence>, groups: ReadonlyMap<string, TargetGroup>) {
    this.kept = new Kept(collection);
    this.groups = groups;
  }

  async load(nowMs: number): Promise<void> {
    for await (const [key, value] of this.kept.load()) {
      const silence = silenceSchema.safeParse(value).data;
      if (!silence || silence.untilMs <= nowMs) await this.kept.delete(key);
      else this.all.set(key, { silence, matches: this.matcher(silence.filter) });
    }
  }

  /** Replaces a silence with the same filter. @throws SignalboxError `bad_usage` for a target that is not valid. */
  async put(silence: Silence): Promise<void> {
    const key = keyOf(silence.filter);
    const matches = this.matcher(silence.filter);
    await this.kept.put(key, silence);
    this.all.set(key, { silence, matches });
  }

  /** @throws SignalboxError `bad_arguments` if no silence has this filter. */
  async lift(filter: SilenceFilter): Promise<void> {
    const key = keyOf(filter);
    if (!this.all.has(key)) throw new SignalboxError('bad_arguments', 'no silence has this filter: see notify list');
    await this.kept.delete(key);
    this.all.delete(key);
  }

  list(nowMs: number): Silence[] {
    return [...this.all.values()].flatMap(({ silence }) => (silence.untilMs > nowMs ? [silence] : []));
  }

  isSilenced(note: Note, nowMs: number, labelsOf: Parameters<Matches>[1]): boolean {
    for (const { silence, matches } of this.all.values()) {
      if (silence.untilMs > nowMs && matches(note, labelsOf)) return true;
    }
    return false;
  }

  get needsLabels(): boolean {
    return [...this.all.values()].some(({ silence }) => silence.filter.target !== undefined);
  }

  private matcher({ on, ...filter }: SilenceFilter): Matches {
    const events = on === undefined ? undefined : [on].flat().map(globMatcher);
    const matches = createFilter(filter, this.groups);
    return (note, labelsOf) => (events?.some((one) => one(note.event)) ?? true) && matches(note, labelsOf);
  }
}

/** The same for the same filter, however it is written. */
function keyOf(filter: SilenceFilter): string {
  const fields = Object.entries(filter).filter(([, value]) => value !== undefined);
  return digest(JSON.stringify(fields.map(([field, value]) => [field, [value].flat().toSorted()]).toSorted()));
}
