import { globMatcher, isGlob, wrongClass } from './glob.ts';
import { expandNumbers, maxNames } from './number-brackets.ts';

// target: term[,term…]        the union of the terms, without those that begin with !
// term:   [!]atom[+atom…]     clients that all of its atoms mean
// atom:   a name, a glob, all, online, a group, or label=value; brackets of numbers stand for several
// What the names mean is not known here.

/** One of the texts that an atom stands for. */
export interface Alternative {
  readonly text: string;
  /** Undefined: only the text itself. */
  readonly matches?: (text: string) => boolean;
}

export interface Atom {
  readonly text: string;
  /** Of `label=value`; then the alternatives are of its value. */
  readonly label?: string;
  /** Several where it has brackets of numbers: each of them must mean somebody. */
  readonly alternatives: readonly Alternative[];
}

export interface Term {
  readonly text: string;
  readonly isExclusion: boolean;
  /** At least one. */
  readonly atoms: readonly Atom[];
}

/** What is wrong with a target, and where in its text. */
export interface TargetProblem {
  readonly message: string;
  /** What to type instead. */
  readonly hint: string;
  readonly start: number;
  readonly end: number;
}

export const targetHint =
  'targets are names, globs, label=value, all or online; a comma adds, + narrows, ! leaves out: @web-*+env=prod,!web-7 ping';

const maxAtom = 255;
const foreignToNames = /[^a-z0-9._*?-]/u;
const foreignToValues = /[^A-Za-z0-9._:/*?-]/u;
const foreignToClasses = /[^A-Za-z0-9._:/!^-]/u;
const labelName = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** The terms of a target. */
export function parseTarget(text: string): readonly Term[] | TargetProblem {
  const terms: Term[] = [];
  let count = 0;
  for (const part of split(text, 0, ',')) {
    const term = parseTerm(part);
    if ('message' in term) return term;
    terms.push(term);
    for (const { alternatives } of term.atoms) count += alternatives.length;
    if (count > maxNames) {
      const message = `the target stands for more than ${maxNames} names`;
      return { message, hint: targetHint, start: 0, end: text.length };
    }
  }
  return terms;
}

/** A part of a target, and where it begins. */
interface Part {
  readonly text: string;
  readonly start: number;
}

/** Splits outside of brackets. */
export function split(text: string, start: number, separator: ',' | '+'): Part[] {
  const parts: Part[] = [];
  let isInside = false;
  let from = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '[') isInside = true;
    else if (char === ']') isInside = false;
    if (at < text.length && (char !== separator || isInside)) continue;
    parts.push({ text: text.slice(from, at), start: start + from });
    from = at + 1;
  }
  return parts;
}

function parseTerm({ text, start }: Part): Term | TargetProblem {
  const isExclusion = text.startsWith('!');
  const atoms: Atom[] = [];
  for (const part of split(text.slice(isExclusion ? 1 : 0), start + (isExclusion ? 1 : 0), '+')) {
    const atom = parseAtom(part);
    if ('message' in atom) return atom;
    atoms.push(atom);
  }
  return { text, isExclusion, atoms };
}

function parseAtom({ text, start }: Part): Atom | TargetProblem {
  const problem = (message: string, hint = targetHint) => ({ message, hint, start, end: start + text.length });
  if (text === '') return problem('a part of the target is empty');
  if (text.length > maxAtom) return problem(`a part of the target is longer than ${maxAtom} characters`);
  if (text.startsWith('!')) {
    return problem(
      `'${text}' must come after a comma`,
      `! leaves out of all that is before and behind it: a,b,${text}`,
    );
  }
  const equals = text.indexOf('=');
  const label = equals < 0 ? undefined : text.slice(0, equals);
  const value = text.slice(equals + 1);
  if (label?.endsWith('!')) {
    return problem(`'${text}' is no target`, `to leave clients out: all,!${text.replace('!=', '=')}`);
  }
  if (label !== undefined && !labelName.test(label)) return problem(`'${label}' is not the name of a label`);
  if (value === '') return problem(`'${text}' has no value`, `any value: ${label}=*`);
  const wrong = wrongCharacters(value, label === undefined ? foreignToNames : foreignToValues);
  if (wrong !== undefined) return problem(`the target ${shortened(text)} ${wrong}`);
  const texts = expandNumbers(value);
  if (typeof texts === 'string') return problem(texts);
  const alternatives = texts.map((one) => (isGlob(one) ? { text: one, matches: globMatcher(one) } : { text: one }));
  return { text, ...(label !== undefined && { label }), alternatives };
}

/** What is wrong with a name or a value, as the end of a sentence. */
function wrongCharacters(text: string, foreign: RegExp): string | undefined {
  for (const [piece, inside] of text.matchAll(/\[([^[\]]*)\]|[^[\]]+|./gs)) {
    if (piece === '[') return 'has a [ without its ]';
    if (piece === ']') return 'has a ] without its [';
    if (inside === undefined) {
      const char = foreign.exec(piece)?.[0];
      if (char !== undefined) return `has a '${char}', which no ${foreign === foreignToNames ? 'name' : 'label'} has`;
    } else if (!/^[\d,-]+$/.test(inside)) {
      const char = foreignToClasses.exec(inside)?.[0];
      if (char === ',') return `has a comma in ${piece}: numbers such as [1-3,7] may have one, characters are [ab]`;
      if (char !== undefined) return `has a '${char}', which no name has`;
      const wrong = wrongClass(inside);
      if (wrong !== undefined) return `has ${piece}, which ${wrong}`;
    }
  }
  return undefined;
}

const shortened = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 59)}…`);
