import { SignalboxError } from '../../schemas/index.ts';
import { clientNameSchema, labelValueSchema } from '../../schemas/names.ts';
import type { JobService } from '../plugin/job-service.ts';
import { fill, references, type Template, TemplateError } from './template.ts';

type Find = (path: readonly string[]) => string | undefined;

/** A part of a target that selects clients, or a separator between two such parts. */
type Part = { readonly atom: Template } | { readonly separator: string };

/**
 * Refuses values that could stand for more than the name of one client or the value of a label.
 * @throws TemplateError
 */
export function checkTargetTemplate(template: Template): void {
  for (const part of partsOf(template)) {
    const [first] = 'atom' in part ? references(part.atom) : [];
    if (!first || !('atom' in part)) continue;
    const [before = '', ...labels] = textOf(part.atom).split('=');
    if (/[*?[\]]/.test(textOf(part.atom))) {
      throw new TemplateError('a value in a target must be a whole client name, not a part of a pattern', first.start);
    }
    if (labels.length === 0) continue;
    const ofOthers = references(part.atom).find(({ path: [scope = ''] }) => scope !== 'param' && scope !== 'for');
    if (ofOthers || before.includes('$')) {
      const which = ofOthers ?? first;
      throw new TemplateError(
        `after the = of a label only param and for are permitted, such as env=\${param.x}`,
        which.start,
      );
    }
  }
}

/** Fills in the values of a target. Each must be the name of a known client, or the value of a label. */
export async function fillTarget(template: Template, find: Find, service: JobService): Promise<string> {
  let names: ReadonlySet<string> | undefined;
  const texts: string[] = [];
  for (const part of partsOf(template)) {
    const text = 'atom' in part ? fill(part.atom, find) : part.separator;
    texts.push(text);
    if (!('atom' in part) || references(part.atom).length === 0) continue;
    if (textOf(part.atom).includes('=')) {
      if (!labelValueSchema.safeParse(text.slice(text.indexOf('=') + 1)).success) {
        throw new SignalboxError('bad_usage', `'${text}' is not a valid value of a label`);
      }
      continue;
    }
    if (!clientNameSchema.safeParse(text).success) {
      throw new SignalboxError('bad_usage', `'${text}' is not a client name; a value in a target must be one`);
    }
    names ??= new Set((await service.clients()).map(({ name }) => name));
    if (!names.has(text)) throw new SignalboxError('no_such_target', `no client is called '${text}'`);
  }
  return texts.join('');
}

/** The text with a placeholder for each value. */
const textOf = (atom: Template): string => atom.map((piece) => (typeof piece === 'string' ? piece : '$')).join('');

function partsOf(template: Template): Part[] {
  const parts: Part[] = [];
  let atom: Template = [];
  const end = (): void => {
    if (atom.length > 0) parts.push({ atom });
    atom = [];
  };
  for (const piece of template) {
    if (typeof piece !== 'string') {
      atom = [...atom, piece];
      continue;
    }
    for (const text of piece.replaceAll(/\s/g, '').split(/([,+!]+)/)) {
      if (text === '') continue;
      if (!/^[,+!]+$/.test(text)) atom = [...atom, text];
      else {
        end();
        parts.push({ separator: text });
      }
    }
  }
  end();
  return parts;
}
