import { globMatcher, isGlob, wrongClass } from './glob.ts';
import { expandNumbers, maxNames } from './number-brackets.ts';

// target: term[,term…]        the union of the terms, without those that begin with !
// term:   [!]atom[+atom…]     the clients that match all of its atoms
// atom:   a name, a glob, all, online, a group, or label=value; brackets of numbers expand to several
// This module only parses; it does not resolve names.

/** One of the texts that an atom expands to. */
export interface Alternative {
  readonly text: string;
  /** Undefined: equality with `text`. */
  readonly matches?: (text: string) => boolean;
}

export interface Atom {
  readonly text: string;
  /** The name of the label in `label=value`; the alternatives then apply to its value. */
  readonly label?: string;
  /** More than one if it has brackets of numbers: each must match a client. */
  readonly alternatives: readonly Alternative[];
}

export interface Term {
  readonly text: string;
  readonly isExclusion: boolean;
  /** At least one. */
  readonly atoms: readonly Atom[];
}

/** A fault in a target, and its position in the text. */
export interface TargetProblem {
  readonly message: string;
  /** A suggestion for what to type. */
  readonly hint: string;
  readonly start: number;
  readonly end: number;
}

export const targetHint =
  'targets are names, globs, label=value, all or online; a comma adds, + narrows, ! excludes: @web-*+env=prod,!web-7 ping';

const maxAtom = 255;
const foreignToNames = /[^a-z0-9._*?-]/u;
const foreignToValues = /[^A-Za-z0-9._:/*?-]/u;
const foreignToClasses = /[^A-Za-z0-9._:/!^-]/u;
const labelName = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Parses a target into its terms. */
export function parseTarget(text: string): readonly Term[] | TargetProblem {
  const terms: Term[] = [];
  let count = 0;
  for (const part of split(text, 0, ',')) {
    const term = parseTerm(part);
    if ('message' in term) return term;
    terms.push(term);
    for (const { alternatives } of term.atoms) count += alternatives.length;
    if (count > maxNames) {
      const message = `the target expands to more than ${maxNames} names`;
      return { message, hint: targetHint, start: 0, end: text.length };
    }
  }
  return terms;
}

/** A part of a target and its position. */
interface Part {
  readonly text: string;
  readonly start: number;
}

/** Splits at separators that are outside of brackets. */
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
    return problem(`'${text}' must follow a comma`, `! excludes clients from the whole target: a,b,${text}`);
  }
  const equals = text.indexOf('=');
  const label = equals < 0 ? undefined : text.slice(0, equals);
  const value = text.slice(equals + 1);
  if (label?.endsWith('!')) {
    return problem(`'${text}' is not a valid target`, `to exclude clients: all,!${text.replace('!=', '=')}`);
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

/** Returns the fault of a name or a value, as the end of a sentence. */
function wrongCharacters(text: string, foreign: RegExp): string | undefined {
  for (const [piece, inside] of text.matchAll(/\[([^[\]]*)\]|[^[\]]+|./gs)) {
    if (piece === '[') return 'has a [ without its ]';
    if (piece === ']') return 'has a ] without its [';
    if (inside === undefined) {
      const char = foreign.exec(piece)?.[0];
      if (char !== undefined)
        return `has a '${char}', which a ${foreign === foreignToNames ? 'name' : 'label'} cannot have`;
    } else if (!/^[\d,-]+$/.test(inside)) {
      const char = foreignToClasses.exec(inside)?.[0];
      if (char === ',') return `has a comma in ${piece}: write numbers as [1-3,7] and characters as [ab]`;
      if (char !== undefined) return `has a '${char}', which a name cannot have`;
      const wrong = wrongClass(inside);
      if (wrong !== undefined) return `has ${piece}, which ${wrong}`;
    }
  }
  return undefined;
}

const shortened = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 59)}…`);
