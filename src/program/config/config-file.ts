import { dirname, resolve } from 'node:path';
import { type Config, configSchema } from '../../../schemas/config.ts';
import { SignalboxError } from '../../../schemas/errors.ts';
import { readBounded } from '../../read-bounded.ts';
import { describeIssue } from '../../yaml/describe-issue.ts';
import { YamlText } from '../../yaml/yaml-text.ts';
import { configTerms } from './config-terms.ts';

/** Where the options of a subcommand are: `['server']`, `['presence', 'gateway']`. */
export type Section = readonly [string, ...string[]];

/** A configuration that has been checked, and where in its file each value is. */
export class ConfigFile {
  readonly path: string;
  /** The absolute folder that relative paths begin in. */
  readonly folder: string;
  /** As the schema leaves it; only what `values` returns is of use while something is wrong. */
  readonly config: Config;
  private readonly yaml: YamlText;

  /**
   * @throws SignalboxError `bad_usage` where it cannot be read or is no YAML; all else that is wrong is thrown by
   * `check`.
   */
  constructor(path: string) {
    this.path = path;
    this.folder = dirname(resolve(path));
    this.yaml = new YamlText(readBounded(path, `the configuration ${path}`), 'a configuration');
    this.check();
    const { value } = this.yaml;
    const parsed = configSchema.safeParse(value);
    for (const issue of parsed.error?.issues ?? []) {
      for (const { path, sentence, atKey } of describeIssue(issue, value, configTerms))
        this.report(path, sentence, { atKey });
    }
    this.yaml.refuseProto();
    this.config = parsed.data ?? {};
  }

  /** The options of a section, checked or not. */
  values(section: Section): [string, unknown][] {
    const { value } = this.yaml;
    return Object.entries(Object(section.reduce<unknown>((inside, key) => Object(inside)[key], value)));
  }

  /** Remembers what is wrong with a value, or with its key: the first thing that is. */
  report(path: readonly PropertyKey[], sentence: string, { atKey = false } = {}): void {
    this.yaml.report(path, sentence, { atKey });
  }

  /** @throws SignalboxError `bad_usage` with all that was reported so far. */
  check(): void {
    const { problems } = this.yaml;
    if (problems.length === 0) return;
    const lines = problems.map(({ line, column, sentence }) => `${this.path}:${line}:${column}: ${sentence}`);
    throw new SignalboxError('bad_usage', [`${this.path} is no valid configuration:`, ...lines].join('\n'));
  }
}
