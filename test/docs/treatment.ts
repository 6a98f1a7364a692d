import { exceptionFor } from './exceptions.ts';
import { type Block, read } from './markdown.ts';

/**
 * What is done with a block:
 *
 * - `exception`: nothing, for a reason that `exceptions.ts` gives
 * - `shell`: carried out in a shell, and must end with 0; for a tutorial or a recipe in the one of the page
 * - `terminals`: each line in a terminal of its own; a server among them is then told to ping its clients and to end them
 * - `commands`: piped into `signalbox server --spawn 3`, and must end with 0
 * - `program`: type-checked and run
 * - `file`: lies under its name where the page is tried; a workflow is checked
 * - `quote`: must stand so in a file of `examples/`
 * - `output`: must be what the block before it has printed, in part, but for times and the like
 * - `nothing`: nobody has said; the test fails
 */
type Treatment = 'exception' | 'shell' | 'terminals' | 'commands' | 'program' | 'file' | 'quote' | 'output' | 'nothing';

export function treatmentOf(block: Block): Treatment {
  const { language, directive = '' } = block;
  if (exceptionFor(block)) return 'exception';
  if (directive === 'prints') return 'output';
  if (directive.startsWith('file ')) return 'file';
  if (directive.startsWith('from examples/')) return 'quote';
  if (language === 'sh') return directive === 'terminals' ? 'terminals' : 'shell';
  if (language === 'box') return 'commands';
  return language === 'ts' ? 'program' : 'nothing';
}

/** The folder of a block that is written to a file. */
export function fileOf({ page, line, directive }: Block): string {
  const [, name] = /^file (\S+)$/.exec(directive ?? '') ?? [];
  return name ?? `${page.replaceAll(/\W/g, '-')}-${line}.ts`;
}

export const isWorkflow = ({ language, text }: Block): boolean => language === 'yaml' && /^tasks:$/m.test(text);

/** Whether a block is in the file that its directive names. That file imports the package by a relative path. */
export function isQuoted({ text, directive = '' }: Block): boolean {
  const source = read(directive.slice('from '.length))
    .replaceAll(/'(\.\.\/)+src\/index\.ts'/g, "'signalbox'")
    .replaceAll(/'(\.\.\/)+src\/process\/index\.ts'/g, "'signalbox/process'");
  return `\n${source}`.includes(`\n${text}\n`);
}
