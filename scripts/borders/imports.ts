import { parseSync } from 'rolldown/utils';

/** Specifier of an `import()` whose module is known only at run time. */
export const computed = 'a computed module';

/** A module that a file imports. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Whether only types are imported from it. */
  readonly isType: boolean;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

/** Every module that a file imports or exports from, including `import()` and types. */
export function importsOf(file: string, source: string): Import[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const found: Import[] = [];
  walk(program, (node) => {
    if (!isNode(node.source)) return;
    const { value } = node.source;
    const line = source.slice(0, node.start).split('\n').length;
    found.push({ specifier: typeof value === 'string' ? value : computed, line, isType: isTypeOnly(node) });
  });
  return found;
}

function isTypeOnly(node: Node): boolean {
  if (node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type') return true;
  const specifiers: unknown[] = Array.isArray(node.specifiers) ? node.specifiers : [];
  return (
    specifiers.length > 0 && specifiers.every((one) => isNode(one) && (one.importKind ?? one.exportKind) === 'type')
  );
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  else if (isNode(value)) {
    visit(value);
    for (const field of Object.values(value)) if (typeof field === 'object') walk(field, visit);
  }
}
