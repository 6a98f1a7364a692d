import { statSync } from 'node:fs';
import { SignalboxError } from '../../schemas/errors.ts';
import { nearest } from '../nearest.ts';
import { readBounded } from '../read-bounded.ts';

/** A secret of the configuration; its file is absolute. */
export type ConfiguredSecret = { readonly workflows: readonly string[] } & (
  | { readonly file: string }
  | { readonly env: string }
);

export type ConfiguredSecrets = Readonly<Record<string, ConfiguredSecret>>;

interface SecretsOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly warn: (sentence: string) => void;
}

/** The secrets of a server. Their texts are read at each use and never kept. */
export class Secrets {
  private readonly configured: ReadonlyMap<string, ConfiguredSecret>;
  private readonly options: SecretsOptions;
  private readonly warned = new Set<string>();

  constructor(configured: ConfiguredSecrets, options: SecretsOptions) {
    this.configured = new Map(Object.entries(configured));
    this.options = options;
  }

  /** Warns about secrets for which a command would be rejected, and about files that others can read. */
  check(): void {
    for (const name of this.configured.keys()) {
      try {
        this.textOf(name);
      } catch (error) {
        this.options.warn(SignalboxError.from(error, 'internal').message);
      }
    }
  }

  /** @throws SignalboxError `not_allowed` if there is no such secret or its text cannot be read. */
  readonly textOf = (name: string): string => {
    const secret = this.configured.get(name);
    if (!secret) throw refused(`there is no secret ${name}`);
    const text = 'file' in secret ? this.read(name, secret.file) : this.options.env[secret.env];
    if (text === undefined && 'env' in secret) {
      throw refused(`the secret ${name} is missing: the server has no variable ${secret.env}`);
    }
    if (!text) throw refused(`the secret ${name} is empty`);
    return text;
  };

  /** Why a workflow of the folder may not use a secret, in a sentence; undefined if it may. */
  readonly refusalOf = (name: string, workflow: string): string | undefined => {
    const secret = this.configured.get(name);
    if (secret?.workflows.includes(workflow)) return undefined;
    if (secret)
      return `${workflow} may not use the secret ${name}: add ${workflow} to its workflows in the configuration`;
    const names = [...this.configured.keys()];
    const meant = nearest(name, names);
    const hint = meant === undefined ? `the configuration has ${names.join(', ') || 'none'}` : `did you mean ${meant}?`;
    return `there is no secret ${name}; ${hint}`;
  };

  private read(name: string, path: string): string {
    let text: string;
    try {
      text = readBounded(path, `the secret ${name}, which is in ${path},`);
      this.warnOfOthers(name, path);
    } catch (cause) {
      throw refused(SignalboxError.from(cause, 'internal').message, cause);
    }
    return text.replace(/\r?\n$/, '');
  }

  private warnOfOthers(name: string, path: string): void {
    const isOpen = (statSync(path).mode & 0o077) !== 0;
    if (isOpen && !this.warned.has(path)) {
      this.options.warn(`others can read ${path}, which contains the secret ${name}; run: chmod 600 ${path}`);
    }
    if (isOpen) this.warned.add(path);
    else this.warned.delete(path);
  }
}

const refused = (message: string, cause?: unknown) => new SignalboxError('not_allowed', message, { cause });
