/** A reference to a value in a word: `${NAME}`, or `${NAME:-TEXT}`. */
export interface Reference {
  /** Its parts between dots: `['dump', 'result', 'exitCode']`. */
  readonly path: readonly string[];
  /** Used if the value is missing. */
  readonly fallback?: string;
  /** Its position in the parsed text. */
  readonly start: number;
}

/** Text and references, in order. */
export type Template = readonly (string | Reference)[];

/** An error in a template, with its position. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly start: number;

  constructor(message: string, start: number) {
    super(message);
    this.start = start;
  }
}

const reference = /\$\{([^{}$]*)\}/y;
const name = /^[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/;

/**
 * Parses the references in a text. `$${` stands for `${`.
 * @throws TemplateError
 */
export function parseTemplate(text: string): Template {
  const pieces: (string | Reference)[] = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${', at)) {
      plain += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      if (plain !== '') pieces.push(plain);
      plain = '';
      const { found, end } = readReference(text, at);
      pieces.push(found);
      at = end;
    } else {
      plain += text.charAt(at);
      at += 1;
    }
  }
  if (plain !== '') pieces.push(plain);
  return pieces;
}

function readReference(text: string, start: number): { found: Reference; end: number } {
  reference.lastIndex = start;
  const match = reference.exec(text);
  if (!match) throw new TemplateError(`'\${' is not closed; add }, or write $\${ for the characters themselves`, start);
  const [whole, inside = ''] = match;
  const [path = '', ...rest] = inside.split(':-');
  if (!name.test(path)) {
    throw new TemplateError(`'${whole}' is not a reference; use for example \${param.x} or \${task.outcome}`, start);
  }
  const fallback = rest.length === 0 ? {} : { fallback: rest.join(':-') };
  return { found: { path: path.split('.'), ...fallback, start }, end: start + whole.length };
}

export const references = (template: Template): Reference[] => template.filter((piece) => typeof piece !== 'string');

/**
 * Fills in the values.
 * @param find returns a value; undefined if it is missing.
 * @throws TemplateError if a value is missing and has no fallback.
 */
export function fill(template: Template, find: (path: readonly string[]) => string | undefined): string {
  return template.map((piece) => (typeof piece === 'string' ? piece : valueIn(piece, find(piece.path)))).join('');
}

function valueIn({ path, fallback, start }: Reference, value: string | undefined): string {
  const given = value ?? fallback;
  if (given !== undefined) return given;
  const written = path.join('.');
  throw new TemplateError(`\${${written}} has no value; use \${${written}:-TEXT} to set a default`, start);
}
