import type { CommandContract } from '../../../schemas/index.ts';
import type { Builtin, BuiltinContext } from '../../plugin/builtin.ts';
import { atMost } from '../parse/builtin-arguments.ts';
import { commandOptions } from '../parse/command-options.ts';
import { type Parameter, signature } from '../parse/signature.ts';
import { shortUsage, usage } from '../parse/usage.ts';

export const grammar = `[@target] command [arguments] [--option value] [; …]      # comment
Targets: w1,db-* web[1-3]+env=prod all,!w7. Times: 3s, 2m. Details: help COMMAND.`;

/** First line on a narrow screen; it replaces the row of `help`. */
const shortGrammar = '[@target] command [arguments] [--option value] [; …]   details: help COMMAND';

/** Columns: on a narrower screen the list shows names instead of usages, one row each. */
const roomy = 100;

/** Columns: the summary of a longer usage goes on the next line. */
const widestColumn = 40;

/** Columns: a longer usage folds its options into one word; they are explained below it. */
const widest = 100;

const taken = {
  control: 'accepted in every client state',
  data: 'accepted in client state ready: send start first',
};

export const helpBuiltin: Builtin = {
  name: 'help',
  usage: 'help [COMMAND]',
  summary: 'List the commands, or explain one.',
  example: 'help calculate',
  completes: ['command'],
  prepare(context, words) {
    atMost(helpBuiltin, words, 1);
    const [about] = words;
    if (!about) return () => listAll(context);
    const builtin = context.builtins.get(about.text);
    if (builtin) {
      return () => explainBuiltin(context, builtin);
    }
    const contract = context.contract(about.text, about);
    return () => explain(context, contract);
  },
};

function listAll(context: BuiltinContext): void {
  const commands = [...context.service.commands.values()];
  const entries = [
    ...commands.map((contract) => ({ shape: shortUsage(contract), ...contract })),
    ...[...context.builtins.values()].map((builtin) => ({ shape: builtin.usage, ...builtin })),
  ];
  const facts = entries.map(({ name, shape, summary, example }) => ({ name, usage: shape, summary, example }));
  const { columns = Number.POSITIVE_INFINITY } = context.output;
  const isNarrow = columns < roomy;
  const head = (one: (typeof entries)[number]) => (isNarrow ? one.name : one.shape);
  const width = Math.max(...entries.map((one) => head(one).length).filter((length) => length <= widestColumn));
  const gap = (one: (typeof entries)[number]) => (head(one).length > width ? `\n${' '.repeat(width + 2)}` : '');
  const line = (one: (typeof entries)[number]) => `  ${head(one).padEnd(width)}${gap(one)}  ${one.summary}`;
  // One row each, so that the list fits the screen.
  const lines = isNarrow
    ? [shortGrammar, ...entries.filter(({ name }) => name !== helpBuiltin.name).map((one) => cut(line(one), columns))]
    : [grammar, '', ...entries.map(line)];
  context.output.say(lines.join('\n'), { commands: facts });
}

const cut = (line: string, columns: number): string =>
  line.length <= columns ? line : `${line.slice(0, columns - 1).trimEnd()}…`;

/** Help of a command: its usage, then a line for each fact. */
export interface Explanation {
  readonly usage: string;
  readonly facts: readonly string[];
}

export function explanationOfBuiltin({ usage: shape, summary, example, options = [] }: Builtin): Explanation {
  return { usage: shape, facts: [summary, ...options.map(optionLine), `example: ${example}`] };
}

export function explanationOfContract(contract: CommandContract): Explanation {
  const full = usage(contract);
  return {
    usage: full.length > widest ? shortUsage(contract) : full,
    facts: [
      contract.summary,
      ...signature(contract).map(explained),
      ...commandOptions(contract).map(optionLine),
      taken[contract.kind],
      `example: ${contract.example}`,
    ],
  };
}

const textOf = ({ usage, facts }: Explanation): string => [usage, ...facts.map((fact) => `  ${fact}`)].join('\n');

function optionLine({ option, label, about }: { option: string; label?: string; about: string }): string {
  return `${label ? `${option} ${label}` : option}: ${about}`;
}

function explainBuiltin(context: BuiltinContext, builtin: Builtin): void {
  const { name, usage: shape, summary, example } = builtin;
  context.output.say(textOf(explanationOfBuiltin(builtin)), { name, usage: shape, summary, example });
}

function explain(context: BuiltinContext, contract: CommandContract): void {
  const { name, kind, summary, example } = contract;
  context.output.say(textOf(explanationOfContract(contract)), {
    name,
    kind,
    usage: usage(contract),
    summary,
    parameters: signature(contract).map(facts),
    example,
  });
}

function explained(parameter: Parameter): string {
  const { type, label, called, option, description } = parameter;
  // A switch has no value, so its label is not shown.
  if (type === 'boolean')
    return [`${option}, --no-${option.slice('--'.length)}`, description].filter(Boolean).join(': ');
  const head = called === label ? label : `${called} ${label}`;
  return `${head}: ${[...expected(parameter), description].filter(Boolean).join('; ')}`;
}

/** The label of a repeatable option often equals the description of its values. */
function expected({ type, named, label, expectation, itemExpectation }: Parameter): (string | undefined)[] {
  if (type !== 'array' || !named) return [expectation];
  return [itemExpectation === label ? undefined : itemExpectation, 'may be repeated'];
}

const facts = ({ label, option, expectation, description }: Parameter) => ({ label, option, expectation, description });
