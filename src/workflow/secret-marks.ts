import { randomUUID } from 'node:crypto';
import type { SecretUse } from '../jobs/secret-use.ts';

/**
 * Finds the positions of secrets in the arguments of a line. While the words are parsed, each secret is replaced by a
 * random mark that nobody can guess, so that no other value is taken for a secret.
 */
export class SecretMarks {
  /** Names of secrets by mark. */
  private readonly names = new Map<string, string>();

  markFor(name: string): string {
    const mark = randomUUID();
    this.names.set(mark, name);
    return mark;
  }

  /** A text with the names of secrets in place of marks. */
  named(text: string): string {
    return [...this.names].reduce((changed, [mark, name]) => changed.replaceAll(mark, `\${secret.${name}}`), text);
  }

  /** The arguments with the names of secrets in place of marks, and their positions. */
  takeOut(args: Record<string, unknown>): { args: Record<string, unknown>; secrets?: readonly SecretUse[] } {
    if (this.names.size === 0) return { args };
    const secrets: SecretUse[] = [];
    const inside = (value: unknown, path: SecretUse['path']): unknown => {
      if (typeof value === 'string') {
        const pieces = this.piecesOf(value);
        if (pieces.some((piece) => typeof piece !== 'string')) secrets.push({ path, pieces });
        return this.named(value);
      }
      if (Array.isArray(value)) return value.map((item, index) => inside(item, [...path, index]));
      return value;
    };
    const named = Object.entries(args).map(([name, value]) => [name, inside(value, [name])]);
    return { args: Object.fromEntries(named), secrets };
  }

  private piecesOf(text: string): SecretUse['pieces'] {
    const anyMark = new RegExp(`(${[...this.names.keys()].join('|')})`);
    return text
      .split(anyMark)
      .filter((piece) => piece !== '')
      .map((piece) => {
        const secret = this.names.get(piece);
        return secret === undefined ? piece : { secret };
      });
  }
}
