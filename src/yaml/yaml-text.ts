import { type Document, isMap, isNode, LineCounter, type Node, parseDocument, visit } from 'yaml';
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
  private readonly document: Document;
  private readonly lines = new LineCounter();
  private readonly wrong: { readonly offset: number; readonly sentence: string }[] = [];

  /** @param what the text, for people: `a configuration`. */
  constructor(text: string, what: string) {
    this.document = parseDocument(text, { ...yamlCore, lineCounter: this.lines });
    const { errors, warnings } = this.document;
    for (const { code, message, pos } of [...errors, ...warnings]) {
      const several = code === 'MULTIPLE_DOCS';
      this.add(pos[0], several ? `${what} is one document` : message.replace(/\.?\s*$/, ''));
    }
    this.value = this.wrong.length === 0 ? this.resolved() : {};
  }

  /** Remembers what is wrong with a value, or with its key: the first thing that is. */
  report(path: Path, sentence: string, { atKey = false } = {}): void {
    this.add(this.offsetOf(path, atKey), sentence);
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

  private offsetOf(path: Path, atKey: boolean): number {
    let node: unknown = this.document.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const [index, key] of path.entries()) {
      if (isNode(node) && 'resolve' in node && typeof node.resolve === 'function') node = node.resolve(this.document);
      const pair = isMap(node) ? node.items.find((item) => keyOf(item.key) === String(key)) : undefined;
      const item = pair ? pair.value : (node as { items?: unknown[] }).items?.[Number(key)];
      const isLast = index === path.length - 1;
      node = pair && ((isLast && atKey) || !isNode(item)) ? pair.key : item;
      if (isNode(node)) offset = node.range?.[0] ?? offset;
      if (pair && isLast) break;
      node = item;
    }
    return offset;
  }
}

const keyOf = (key: unknown): string => String(isNode(key) ? (key as Node & { value?: unknown }).value : key);
