import { dirname, resolve } from 'node:path';
import { type Config, configSchema } from '../../../schemas/config.ts';
import { SignalboxError } from '../../../schemas/errors.ts';
import { readBounded } from '../../read-bounded.ts';
import { describeIssue } from '../../yaml/describe-issue.ts';
import { YamlText } from '../../yaml/yaml-text.ts';
import { configTerms } from './config-terms.ts';

/** Where the options of a subcommand are: `['server']`, `['presence', 'gateway']`. */
export type Section = readonly [string, ...string[]];

/** A checked configuration, with the position of each value in its file. */
export class ConfigFile {
  readonly path: string;
  /** The absolute base folder of relative paths. */
  readonly folder: string;
  /** As parsed by the schema. While there are problems, use only `values`. */
  readonly config: Config;
  private readonly yaml: YamlText;

  /**
   * @throws SignalboxError `bad_usage` if it cannot be read or is not YAML; `check` throws all other problems.
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

  /** Records the first problem of a value, or of its key. */
  report(path: readonly PropertyKey[], sentence: string, { atKey = false } = {}): void {
    this.yaml.report(path, sentence, { atKey });
  }

  /** @throws SignalboxError `bad_usage` with all problems reported so far. */
  check(): void {
    const { problems } = this.yaml;
    if (problems.length === 0) return;
    const lines = problems.map(({ line, column, sentence }) => `${this.path}:${line}:${column}: ${sentence}`);
    throw new SignalboxError('bad_usage', [`${this.path} is not a valid configuration:`, ...lines].join('\n'));
  }
}
