import { z } from 'zod';

/** Methods that a rule over commands and targets can grant. */
export const jobMethods = ['submit', 'cancel', 'signal'] as const;

/** Roles that every server has. */
export const builtinRoles = ['viewer', 'operator', 'admin'] as const;

export const roleNamePattern = /^[a-z0-9][a-z0-9._-]{0,62}$/;

const patterns = (what: string) =>
  z
    .array(z.string().min(1).max(255))
    .min(1, 'name at least one')
    .max(1_000)
    .meta({ description: `${what}: names, or globs such as '*'` });

const targets = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .meta({ description: 'clients: names, globs, groups, all, and labels that keys add --label vouches for' });

const seeSchema = z
  .strictObject({
    targets,
    commands: patterns('commands whose jobs are visible (default: all)').optional(),
    arguments: z.boolean().optional().meta({ description: 'show arguments, too (default: false)' }),
  })
  .meta({ description: 'clients that are visible, with their jobs, output and events' });

const doSchema = z
  .strictObject({
    commands: patterns('commands'),
    targets,
    methods: z
      .array(z.enum(jobMethods))
      .min(1, 'name at least one')
      .optional()
      .meta({ description: 'permitted methods (default: submit, cancel and signal)' }),
  })
  .meta({ description: 'commands that may be sent to clients; the resulting jobs are visible, too' });

const workflowsSchema = z
  .strictObject({
    see: patterns('workflows').optional(),
    run: patterns('workflows').optional(),
    approve: patterns('workflows').optional(),
    schedule: patterns('workflows').optional(),
  })
  .meta({
    description:
      'workflows that may be seen; run, cancelled and retried; approved; paused. Each task needs its own permission',
  });

/** A role. Everything that it does not name is denied and invisible. */
export const roleSchema = z.strictObject({
  see: z.array(seeSchema).max(1_000).optional(),
  do: z.array(doSchema).max(1_000).optional(),
  workflows: workflowsSchema.optional(),
  methods: patterns('methods of plug-ins').optional(),
});
export type RoleDefinition = z.output<typeof roleSchema>;

export const rolesSchema = z
  .record(
    z
      .string()
      .regex(roleNamePattern, 'a name is [a-z0-9][a-z0-9._-]*, at most 63 characters')
      .refine((name) => !(builtinRoles as readonly string[]).includes(name), 'viewer, operator and admin are built in'),
    roleSchema,
  )
  .meta({ description: 'roles of operators by name, in addition to viewer, operator and admin' });
export type RoleDefinitions = z.output<typeof rolesSchema>;
