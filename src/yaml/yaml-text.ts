import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { wordsOf } from '../process/system-error.ts';

/** How often aliases may be followed: each can stand for all that comes before it. */
const maxAliases = 100;

/** Also where a text says `%YAML 1.1`, with which `yes` is a boolean and `<<` merges. */
const yamlCore = {
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  prettyErrors: false,
  logLevel: 'error',
} as const;

type Path = readonly PropertyKey[];

/** What is wrong, and where: line and column from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly sentence: string;
}

/** One YAML document, its value, and where in the text each part of it is. */
export class YamlText {
  /** Plain JavaScript; `{}` for an empty text, and where it is no YAML. */
  readonly value: unknown;
  private readonly text: string;
  private readonly document: Document;
  private readonly lines = new LineCounter();
  private readonly wrong: { readonly offset: number; readonly sentence: string }[] = [];

  /** @param what the text, for people: `a configuration`. */
  constructor(text: string, what: string) {
    this.text = text;
    this.document = parseDocument(text, { ...yamlCore, lineCounter: this.lines });
    const { errors, warnings } = this.document;
    for (const { code, message, pos } of [...errors, ...warnings]) {
      const several = code === 'MULTIPLE_DOCS';
      this.add(pos[0], several ? `${what} is one document` : message.replace(/\.?\s*$/, ''));
    }
    this.value = this.wrong.length === 0 ? this.resolved() : {};
  }

  /**
   * Remembers what is wrong with a value, or with its key: the first thing that is.
   * @param options.inside where in the text of the value; only what stands on one line is pointed into.
   */
  report(path: Path, sentence: string, { atKey = false, inside = 0 } = {}): void {
    const { offset, node } = this.find(path, atKey);
    this.add(offset + (inside > 0 ? this.shift(node, inside) : 0), sentence);
  }

  /** What was reported so far, in the order of the text. */
  get problems(): Problem[] {
    const sorted = this.wrong.toSorted((a, b) => a.offset - b.offset);
    return sorted.map(({ offset, sentence }) => {
      const { line, col: column } = this.lines.linePos(offset);
      return { line, column, sentence };
    });
  }

  private resolved(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: maxAliases }) ?? {};
    } catch (error) {
      this.add(0, wordsOf(error));
      return {};
    }
  }

  /** Maps and schemas leave this key out silently, or take it as a prototype: reports it where nothing else is wrong. */
  refuseProto(): void {
    visit(this.document, {
      Pair: (_, { key }) => {
        if (keyOf(key) === '__proto__') this.add((key as Node).range?.[0] ?? 0, 'nothing can be called __proto__');
      },
    });
  }

  private add(offset: number, sentence: string): void {
    if (!this.wrong.some((one) => one.offset === offset)) this.wrong.push({ offset, sentence });
  }

  /** The last part of a path that is there: a value that was given in a short form ends earlier. */
  private find(path: Path, atKey: boolean): { offset: number; node: unknown } {
    let node: unknown = this.document.contents;
    let found = node;
    for (const [index, key] of path.entries()) {
      if (isNode(node) && 'resolve' in node && typeof node.resolve === 'function') node = node.resolve(this.document);
      const pair = isMap(node) ? node.items.find((item) => keyOf(item.key) === String(key)) : undefined;
      // One that stands for a list of one.
      if (isMap(node) && typeof key === 'number' && !pair) continue;
      const item = pair ? pair.value : (node as { items?: unknown[] } | null)?.items?.[Number(key)];
      const isLast = index === path.length - 1;
      const place = pair && ((isLast && atKey) || !isNode(item)) ? pair.key : item;
      if (isNode(place)) found = place;
      node = item;
    }
    return { offset: isNode(found) ? (found.range?.[0] ?? 0) : 0, node: found };
  }

  /** How far from the begin of a scalar a place in its text is; 0 where quotes or folding have moved it. */
  private shift(node: unknown, inside: number): number {
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return 0;
    const [start] = node.range;
    const before = node.value.slice(0, inside);
    for (const quote of [0, 1]) if (this.text.startsWith(before, start + quote)) return quote + inside;
    return 0;
  }
}

const keyOf = (key: unknown): string => String(isNode(key) ? (key as Node & { value?: unknown }).value : key);
