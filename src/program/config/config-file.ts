import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Document, isMap, isNode, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { type Config, configSchema } from '../../../schemas/config.ts';
import { SignalboxError } from '../../../schemas/errors.ts';
import { wordsOf } from '../../process/system-error.ts';
import { describeIssue } from './describe-issue.ts';

const maxBytes = 1024 * 1024;
/** How often aliases may be followed: each can stand for all that comes before it. */
const maxAliases = 100;

/** Also where a file says `%YAML 1.1`, with which `yes` is a boolean and `<<` merges. */
const yamlCore = {
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  prettyErrors: false,
  logLevel: 'error',
} as const;

type Path = readonly PropertyKey[];

/** A configuration that has been checked, and where in its file each value is. */
export class ConfigFile {
  readonly path: string;
  /** The absolute folder that relative paths begin in. */
  readonly folder: string;
  /** As the schema leaves it; only what `values` returns is of use while something is wrong. */
  readonly config: Config;
  private readonly value: unknown;
  private readonly document: Document;
  private readonly lines: LineCounter;
  private readonly wrong: { readonly offset: number; readonly sentence: string }[] = [];

  /**
   * @throws SignalboxError `bad_usage` where it cannot be read or is no YAML; all else that is wrong is thrown by
   * `check`.
   */
  constructor(path: string) {
    this.path = path;
    this.folder = dirname(resolve(path));
    this.lines = new LineCounter();
    this.document = parseDocument(readBounded(path), { ...yamlCore, lineCounter: this.lines });
    const { errors, warnings } = this.document;
    for (const { code, message, pos } of [...errors, ...warnings]) {
      const several = code === 'MULTIPLE_DOCS';
      this.add(pos[0], several ? 'a configuration is one document' : message.replace(/\.?\s*$/, ''));
    }
    this.check();
    this.value = this.resolved();
    const parsed = configSchema.safeParse(this.value);
    for (const issue of parsed.error?.issues ?? []) {
      for (const { path, sentence, atKey } of describeIssue(issue, this.value)) this.report(path, sentence, { atKey });
    }
    this.refuseProto();
    this.config = parsed.data ?? {};
  }

  /** The options of a section, checked or not. */
  values(section: 'server' | 'client'): [string, unknown][] {
    const sections: Readonly<Record<string, unknown>> = Object(this.value);
    return Object.entries(Object(sections[section]));
  }

  /** Remembers what is wrong with a value, or with its key: the first thing that is. */
  report(path: Path, sentence: string, { atKey = false } = {}): void {
    this.add(this.offsetOf(path, atKey), sentence);
  }

  /** @throws SignalboxError `bad_usage` with all that was reported so far. */
  check(): void {
    if (this.wrong.length === 0) return;
    const sorted = this.wrong.toSorted((a, b) => a.offset - b.offset);
    const lines = sorted.map(({ offset, sentence }) => {
      const { line, col } = this.lines.linePos(offset);
      return `${this.path}:${line}:${col}: ${sentence}`;
    });
    throw new SignalboxError('bad_usage', [`${this.path} is no valid configuration:`, ...lines].join('\n'));
  }

  private resolved(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: maxAliases }) ?? {};
    } catch (error) {
      this.add(0, wordsOf(error));
      return {};
    }
  }

  /** Maps and schemas leave this key out silently, or take it as a prototype. */
  private refuseProto(): void {
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

/** A pipe or a device could keep this process waiting, or never end. */
function readBounded(path: string): string {
  const refused = (why: string, cause?: unknown) =>
    new SignalboxError('bad_usage', `the configuration ${path} cannot be read: ${why}`, { cause });
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw refused(wordsOf(cause), cause);
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw refused('it is a folder');
    if (!stat.isFile()) throw refused('it is no file');
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(fd, bytes, length, bytes.length - length, null);
    }
    if (length > maxBytes) throw refused(`it is larger than ${maxBytes} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length));
  } catch (error) {
    throw error instanceof TypeError ? refused('it is not UTF-8', error) : error;
  } finally {
    closeSync(fd);
  }
}
