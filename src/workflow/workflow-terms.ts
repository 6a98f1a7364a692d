import { nearest } from '../nearest.ts';
import type { Terms } from '../yaml/describe-issue.ts';
import { definitionSchema, parameterSchema, taskSchema, triggerSchema } from './definition.ts';

/** By the first part of a path; '' is the whole workflow. */
const shapes: Readonly<Record<string, readonly [where: string, keys: readonly string[]]>> = {
  '': ['the workflow', Object.keys(definitionSchema.shape)],
  tasks: ['a task', Object.keys(taskSchema.shape)],
  on: ['a trigger', Object.keys(triggerSchema.shape)],
  params: ['a parameter', Object.keys(parameterSchema.shape)],
};

export const workflowTerms: Terms = {
  whole: 'the workflow',
  unknownKey(key, [first = '']) {
    const [where, known] = shapes[String(first)] ?? ['this', []];
    const meant = nearest(key, known);
    return `${where} has no ${key}; ${meant === undefined ? `its keys are ${known.join(', ')}` : `did you mean ${meant}?`}`;
  },
};
