import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { wordsOf } from '../process/system-error.ts';

/** Maximum number of aliases that are followed, because each one can multiply everything before it. */
const maxAliases = 100;

/** Applied even if a text has `%YAML 1.1`, in which `yes` is a boolean and `<<` merges. */
const yamlCore = {
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  prettyErrors: false,
  logLevel: 'error',
} as const;

type Path = readonly PropertyKey[];

/** An error and its position: line and column, from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly sentence: string;
}

/** One YAML document, its value, and the positions of its parts in the text. */
export class YamlText {
  /** Plain JavaScript; `{}` for an empty or invalid text. */
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
      this.add(pos[0], several ? `${what} must be a single document` : message.replace(/\.?\s*$/, ''));
    }
    this.value = this.wrong.length === 0 ? this.resolved() : {};
  }

  /**
   * Records an error of a value, or of its key. Only the first error at a position is kept.
   * @param options.inside offset in the text of the value. It is only used for values on a single line.
   */
  report(path: Path, sentence: string, { atKey = false, inside = 0 } = {}): void {
    const { offset, node } = this.find(path, atKey);
    this.add(offset + (inside > 0 ? this.shift(node, inside) : 0), sentence);
  }

  /** The errors reported so far, in the order of the text. */
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

  /** Maps and schemas omit this key silently, or use it as a prototype. Reports it if there are no other errors. */
  refuseProto(): void {
    visit(this.document, {
      Pair: (_, { key }) => {
        if (keyOf(key) === '__proto__') this.add((key as Node).range?.[0] ?? 0, '__proto__ is not permitted as a key');
      },
    });
  }

  private add(offset: number, sentence: string): void {
    if (!this.wrong.some((one) => one.offset === offset)) this.wrong.push({ offset, sentence });
  }

  /** Finds the last existing part of a path. The path of a value in a short form ends earlier. */
  private find(path: Path, atKey: boolean): { offset: number; node: unknown } {
    let node: unknown = this.document.contents;
    let found = node;
    for (const [index, key] of path.entries()) {
      if (isNode(node) && 'resolve' in node && typeof node.resolve === 'function') node = node.resolve(this.document);
      const pair = isMap(node) ? node.items.find((item) => keyOf(item.key) === String(key)) : undefined;
      // A single value that stands for a list.
      if (isMap(node) && typeof key === 'number' && !pair) continue;
      const item = pair ? pair.value : (node as { items?: unknown[] } | null)?.items?.[Number(key)];
      const isLast = index === path.length - 1;
      const place = pair && ((isLast && atKey) || !isNode(item)) ? pair.key : item;
      if (isNode(place)) found = place;
      node = item;
    }
    return { offset: isNode(found) ? (found.range?.[0] ?? 0) : 0, node: found };
  }

  /** Offset of a position within a scalar; 0 if quotes or folding have moved it. */
  private shift(node: unknown, inside: number): number {
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return 0;
    const [start] = node.range;
    const before = node.value.slice(0, inside);
    for (const quote of [0, 1]) if (this.text.startsWith(before, start + quote)) return quote + inside;
    return 0;
  }
}

const keyOf = (key: unknown): string => String(isNode(key) ? (key as Node & { value?: unknown }).value : key);
