import type { ClientView } from '../plugin/client-view.ts';
import type { JobService } from '../plugin/job-service.ts';
import { type Atom, parseTarget } from '../target.ts';
import type { Trigger } from './definition.ts';

/**
 * Whether a trigger applies to changes of this client. Targets match connected or expected clients, but a client that
 * has just gone is neither, so its known properties are used.
 */
export async function matches({ matching }: Trigger, client: string, service: JobService): Promise<boolean> {
  if (matching === undefined) return true;
  const view = (await service.clients()).find(({ name }) => name === client);
  return meansClient(matching, { view, name: client, groups: service.groups, within: [] });
}

interface Known {
  readonly name: string;
  /** Undefined if it has been forgotten meanwhile. */
  readonly view: Pick<ClientView, 'labels' | 'facts' | 'state'> | undefined;
  readonly groups: ReadonlyMap<string, string>;
  /** The groups that are being resolved. */
  readonly within: readonly string[];
}

function meansClient(target: string, known: Known): boolean {
  const terms = parseTarget(target);
  if ('message' in terms) return false;
  const fits = ({ atoms }: { readonly atoms: readonly Atom[] }) => atoms.every((atom) => meansInAtom(atom, known));
  return terms.some((term) => !term.isExclusion && fits(term)) && !terms.some((term) => term.isExclusion && fits(term));
}

function meansInAtom({ text, label, alternatives }: Atom, { name, view, groups, within }: Known): boolean {
  const group = label === undefined && !within.includes(text) ? groups.get(text) : undefined;
  if (group !== undefined) return meansClient(group, { name, view, groups, within: [...within, text] });
  if (text === 'all') return true;
  if (text === 'online') return view !== undefined && view.state !== 'offline';
  const value = label === undefined ? name : (view?.labels[label] ?? view?.facts[label]);
  if (value === undefined) return false;
  return alternatives.some((one) => (one.matches ? one.matches(value) : one.text === value));
}
