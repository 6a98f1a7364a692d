import { SignalboxError } from '../../schemas/errors.ts';
import { builtinRoles, type jobMethods, type RoleDefinition, type RoleDefinitions } from '../../schemas/roles.ts';
import { globMatcher, isGlob, wrongClass } from '../glob.ts';
import type { TargetGroup } from '../target-groups.ts';
import { type ClientMatcher, createClientMatcher } from './client-matcher.ts';

export type JobMethod = (typeof jobMethods)[number];
export type WorkflowRight = 'see' | 'run' | 'approve' | 'schedule';

type Names = (name: string) => boolean;

/** A rule about the clients of a target, and commands. */
export interface Rule {
  readonly clients: ClientMatcher;
  readonly commands: Names;
  readonly everyCommand: boolean;
  readonly showsArguments: boolean;
  /** Empty: jobs are only visible. */
  readonly methods: ReadonlySet<JobMethod>;
}

/** What an operator may see and do. Everything that no part of it covers is invisible and not permitted. */
export interface Role {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly workflows: Readonly<Record<WorkflowRight, Names>>;
  /** The methods of plug-ins that the role names. */
  readonly methods: Names;
  /** The built-in role that it corresponds to, for methods of plug-ins. `none`: a role of the configuration. */
  readonly level: 'none' | (typeof builtinRoles)[number];
}

type Groups = ReadonlyMap<string, TargetGroup>;

const all = ['*'];
const everything: Readonly<Record<(typeof builtinRoles)[number], RoleDefinition>> = {
  viewer: { see: [{ targets: 'all' }], workflows: { see: all } },
  operator: {
    see: [{ targets: 'all', arguments: true }],
    do: [{ commands: all, targets: 'all' }],
    workflows: { run: all, approve: all, schedule: all },
  },
  admin: {
    see: [{ targets: 'all', arguments: true }],
    do: [{ commands: all, targets: 'all' }],
    workflows: { run: all, approve: all, schedule: all },
    methods: all,
  },
};

/**
 * The roles of a server: the built-in ones and those of its configuration.
 * @throws SignalboxError `bad_usage` with the invalid rule.
 */
export function createRoles(definitions: RoleDefinitions, groups: Groups): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  for (const name of builtinRoles) roles.set(name, createRole(name, everything[name], { groups, level: name }));
  for (const [name, definition] of Object.entries(definitions)) {
    roles.set(name, createRole(name, definition, { groups, level: 'none' }));
  }
  return roles;
}

function createRole(
  name: string,
  { see = [], do: doing = [], workflows = {}, methods = [] }: RoleDefinition,
  { groups, level }: { groups: Groups; level: Role['level'] },
): Role {
  const at = <Made>(where: string, make: () => Made): Made => {
    try {
      return make();
    } catch (error) {
      const { message } = SignalboxError.from(error, 'internal');
      throw new SignalboxError('bad_usage', `the role ${name} is not valid: ${where}: ${message}`);
    }
  };
  const seen = see.map(({ targets, commands = all, arguments: showsArguments = false }, index) =>
    at(`see ${index + 1}`, () => ruleOf({ targets, commands, showsArguments, methods: [], groups })),
  );
  const done = doing.map(({ targets, commands, methods: some = ['submit', 'cancel', 'signal'] }, index) =>
    at(`do ${index + 1}`, () => ruleOf({ targets, commands, showsArguments: true, methods: some, groups })),
  );
  const { run = [], approve = [], schedule = [] } = workflows;
  const may = (right: WorkflowRight, globs: readonly string[]) => at(`workflows.${right}`, () => namesOf(globs));
  return {
    name,
    rules: [...seen, ...done],
    workflows: {
      // Permission to do something with a workflow includes seeing it.
      see: may('see', [...(workflows.see ?? []), ...run, ...approve, ...schedule]),
      run: may('run', run),
      approve: may('approve', approve),
      schedule: may('schedule', schedule),
    },
    methods: at('methods', () => namesOf(methods)),
    level,
  };
}

function ruleOf({
  targets,
  commands,
  groups,
  ...rule
}: {
  targets: string | readonly string[];
  commands: readonly string[];
  showsArguments: boolean;
  methods: readonly JobMethod[];
  groups: Groups;
}): Rule {
  return {
    clients: createClientMatcher(targets, groups),
    commands: namesOf(commands),
    everyCommand: commands.includes('*'),
    showsArguments: rule.showsArguments,
    methods: new Set(rule.methods),
  };
}

function namesOf(globs: readonly string[]): Names {
  const matchers = globs.map((glob): Names => {
    if (!isGlob(glob)) return (name) => name === glob;
    const wrong = [...glob.matchAll(/\[([^\]]*)\]/g)].map(([, inside = '']) => wrongClass(inside)).find(Boolean);
    if (wrong !== undefined)
      throw new SignalboxError('bad_usage', `'${glob}' is not valid: a pair of brackets ${wrong}`);
    return globMatcher(glob);
  });
  return (name) => matchers.some((matches) => matches(name));
}
