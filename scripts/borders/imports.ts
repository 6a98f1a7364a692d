import { parseSync } from 'rolldown/utils';

/** In place of a module's name: what `import()` loads is known only when it runs. */
export const computed = 'a computed module';

/** One module that a file names. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Whether only types are taken from it. */
  readonly isType: boolean;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

/** Every module that a file imports or exports from: also by `import()`, and in types. */
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
