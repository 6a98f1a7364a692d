import { parseSync } from 'rolldown/utils';

/** One small fault: `source` with the characters from `start` to `end` replaced. */
export interface Mutation {
  /** The kind of change, for example `negate` or `drop-statement`. */
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

type Fault = [kind: string, target: Node | { start: number; end: number }, replacement: string];

const comparisons: Record<string, string> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>', '===': '!==', '!==': '===' };
const operators: Record<string, string> = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*' };
const logical: Record<string, string> = { '&&': '||', '||': '&&' };
const assignments: Record<string, string> = { '+=': '-=', '-=': '+=', '||=': '=', '??=': '=' };
const methods: Record<string, string> = {
  push: 'unshift',
  unshift: 'push',
  shift: 'pop',
  pop: 'shift',
  min: 'max',
  max: 'min',
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  floor: 'ceil',
  ceil: 'floor',
};
const cleanUps = new Set(['finally', 'catch', 'unref']);

/** All possible faults in the source of a module. Types and messages to people are not changed. */
export function mutationsOf(fileName: string, source: string): Mutation[] {
  const { program, errors } = parseSync(fileName, source);
  if (errors.length > 0) throw new Error(`${fileName}: ${errors[0]?.message}`);
  const text = ({ start, end }: { start: number; end: number }) => source.slice(start, end);
  const found: Mutation[] = [];
  walk(program, (node) => {
    for (const [kind, { start, end }, replacement] of faultsOf(node, text)) {
      found.push({ kind, start, end, replacement });
    }
  });
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

export function apply(source: string, { start, end, replacement }: Mutation): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** A cast contains a value; other TypeScript syntax contains none. */
const valued = new Set(['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression']);
const skipped = (node: Node) =>
  (node.type.startsWith('TS') && !valued.has(node.type)) || node.type === 'ImportDeclaration' || isMessage(node);

/** Whether the node contains the text of an error. */
function isMessage(node: Node): boolean {
  return node.type === 'NewExpression' && isNode(node.callee) && /Error$/.test(String(node.callee.name));
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  if (!isNode(value) || skipped(value)) return;
  visit(value);
  for (const [field, child] of Object.entries(value)) {
    // A key that is not computed is only a name.
    if (field !== 'key' || value.computed === true) walk(child, visit);
  }
}

function* faultsOf(node: Node, text: (range: { start: number; end: number }) => string): Generator<Fault> {
  const { test, left, right, argument, expression, body, finalizer, handler, callee } = node;
  const operator = String(node.operator);
  const rest = () => (isNode(left) && isNode(right) ? { start: left.end, end: right.start } : node);
  switch (node.type) {
    case 'IfStatement':
    case 'WhileStatement':
    case 'ConditionalExpression':
      if (isNode(test) && test.operator !== '!') yield ['negate', test, `!(${text(test)})`];
      break;
    case 'BinaryExpression':
      if (operator in comparisons) yield ['compare', rest(), ` ${comparisons[operator]} `];
      else if (operator in operators && !isText(left) && !isText(right)) {
        yield ['calculate', rest(), ` ${operators[operator]} `];
      }
      break;
    case 'LogicalExpression':
      if (operator in logical && isNode(left) && isNode(right)) {
        yield ['logic', node, `((${text(left)}) ${logical[operator]} (${text(right)}))`];
      } else if (isNode(right)) yield ['drop-default', node, `(${text(right)})`];
      break;
    case 'AssignmentExpression':
      if (operator in assignments) yield ['assign', rest(), ` ${assignments[operator]} `];
      break;
    case 'UnaryExpression':
      if (operator === '!' && isNode(argument)) yield ['drop-not', node, text(argument)];
      break;
    case 'UpdateExpression':
      if (isNode(argument)) yield ['calculate', node, `${text(argument)} ${operator === '++' ? '-' : '+'}= 1`];
      break;
    case 'ExpressionStatement':
      if (isNode(expression) && expression.type !== 'Literal') yield ['drop-statement', node, ';'];
      break;
    case 'ReturnStatement':
      if (argument === null) yield ['drop-statement', node, ';'];
      break;
    case 'BreakStatement':
    case 'ContinueStatement':
      yield ['drop-statement', node, ';'];
      break;
    case 'FunctionExpression':
    case 'FunctionDeclaration':
    case 'ArrowFunctionExpression':
      if (isNode(body) && body.type === 'BlockStatement' && body.end - body.start > 4) yield ['empty', body, '{}'];
      break;
    case 'TryStatement':
      if (isNode(finalizer)) yield ['empty', finalizer, '{}'];
      if (isNode(handler) && isNode(handler.body)) yield ['empty', handler.body, '{}'];
      break;
    case 'CallExpression':
      if (isNode(callee)) yield* faultsOfCall(node, callee, text);
      break;
    case 'NewExpression':
      yield* lastArgument(node);
      break;
    case 'Literal':
      yield* faultsOfLiteral(node);
      break;
    default:
      break;
  }
}

function isText(value: unknown): boolean {
  return isNode(value) && (value.type === 'TemplateLiteral' || typeof value.value === 'string');
}

function* faultsOfCall(node: Node, callee: Node, text: (node: Node) => string): Generator<Fault> {
  yield* lastArgument(node);
  const { object, property } = callee;
  if (!isNode(object) || !isNode(property)) return;
  const name = String(property.name);
  if (name in methods) yield ['method', property, methods[name] ?? name];
  if (cleanUps.has(name)) yield ['drop-call', node, text(object)];
}

/** Without an optional last argument, the code still compiles. */
function* lastArgument({ arguments: given }: Node): Generator<Fault> {
  if (!Array.isArray(given)) return;
  const [last, before] = [given.at(-1), given.at(-2)];
  if (isNode(last)) yield ['drop-argument', { start: isNode(before) ? before.end : last.start, end: last.end }, ''];
}

function* faultsOfLiteral(node: Node): Generator<Fault> {
  const { value } = node;
  if (typeof value === 'boolean') yield ['boolean', node, String(!value)];
  if (typeof value === 'number') yield ['number', node, String(value + 1)];
  // A text with a space is a message.
  if (typeof value === 'string' && /^\S+$/.test(value)) yield ['text', node, "''"];
}
