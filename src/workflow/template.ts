/** A value that is put into a word: `${NAME}`, or `${NAME:-TEXT}`. */
export interface Reference {
  /** Its parts between dots: `['dump', 'result', 'exitCode']`. */
  readonly path: readonly string[];
  /** Used where the value is missing. */
  readonly fallback?: string;
  /** Where it begins in the text that it was parsed from. */
  readonly start: number;
}

/** Text and values, in their order. */
export type Template = readonly (string | Reference)[];

/** What is wrong with a template, and where in its text. */
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
 * Finds the values of a text. `$${` stands for `${`.
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
  if (!match) throw new TemplateError(`'\${' has no end: close it with }, or type $\${ for the characters`, start);
  const [whole, inside = ''] = match;
  const [path = '', ...rest] = inside.split(':-');
  if (!name.test(path)) {
    throw new TemplateError(`'${whole}' names no value: use for example \${param.x} or \${task.outcome}`, start);
  }
  const fallback = rest.length === 0 ? {} : { fallback: rest.join(':-') };
  return { found: { path: path.split('.'), ...fallback, start }, end: start + whole.length };
}

export const references = (template: Template): Reference[] => template.filter((piece) => typeof piece !== 'string');

/**
 * The text with its values.
 * @param find its value; undefined where there is none.
 * @throws TemplateError where a value is missing and there is no text for that.
 */
export function fill(template: Template, find: (path: readonly string[]) => string | undefined): string {
  return template.map((piece) => (typeof piece === 'string' ? piece : valueIn(piece, find(piece.path)))).join('');
}

function valueIn({ path, fallback, start }: Reference, value: string | undefined): string {
  const given = value ?? fallback;
  if (given !== undefined) return given;
  const written = path.join('.');
  throw new TemplateError(`\${${written}} has no value; \${${written}:-TEXT} says what to use instead`, start);
}
