// The texts of all errors that the sources of the npm package create, read from the sources themselves.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const PACKAGE = new URL('../../../pkg-template/', import.meta.url);
const SOURCES = new URL('src/', PACKAGE);
const require = createRequire(new URL('package.json', PACKAGE));
const { transformSync } = require('esbuild');
const { parseAst } = require('rollup/parseAst');

/** Returns every node of a syntax tree. */
function* nodesOf(node) {
  if (Array.isArray(node)) for (const each of node) yield* nodesOf(each);
  else if (node?.type) {
    yield node;
    for (const value of Object.values(node)) if (value && typeof value === 'object') yield* nodesOf(value);
  }
}

/** Returns the alternatives of a text. An expression inside a template becomes `${…}`; what is no text is `undefined`. */
function textsOf(node, code, constants) {
  const source = (part) => code.slice(part.start, part.end);
  if (node?.type === 'Literal') return [String(node.value)];
  if (node?.type === 'ConditionalExpression')
    return [node.consequent, node.alternate].flatMap((each) => textsOf(each, code, constants));
  if (node?.type === 'Identifier') return constants.get(node.name) ?? [undefined];
  if (node?.type !== 'TemplateLiteral') return [undefined];
  const parts = node.quasis.map(({ value }, index) => {
    const expression = node.expressions[index];
    return value.cooked + (expression ? `\${${source(expression)}}` : '');
  });
  return [parts.join('')];
}

function textsOfFile(file) {
  const { code } = transformSync(readFileSync(new URL(file, SOURCES), 'utf8'), { loader: 'ts', target: 'es2022' });
  const nodes = [...nodesOf(parseAst(code))];
  const constants = new Map();
  for (const { type, id, init } of nodes)
    if (type === 'VariableDeclarator' && id.type === 'Identifier') {
      const texts = textsOf(init, code, constants).filter((text) => text !== undefined);
      if (texts.length > 0) constants.set(id.name, [...(constants.get(id.name) ?? []), ...texts]);
    }
  const created = nodes.filter(
    ({ type, callee }) => type === 'NewExpression' && /(Error|Exception)$/.test(code.slice(callee.start, callee.end)),
  );
  return created.flatMap(({ arguments: [message], start, end }) =>
    textsOf(message, code, constants).map((text) => ({ file, text, code: code.slice(start, end) })),
  );
}

/** Returns `{ file, text, code }` for every error that a source file creates. */
export function errorTexts() {
  const files = readdirSync(SOURCES, { recursive: true }).filter((file) => /(?<!\.d)\.ts$/.test(file));
  return files.sort().flatMap(textsOfFile);
}

/** Returns the names of the type `Reason`, from its declaration. */
export function reasons() {
  const [, names] = readFileSync(new URL('errors.ts', SOURCES), 'utf8').match(/export type Reason =([^;]+);/);
  return [...names.matchAll(/'([a-z-]+)'/g)].map(([, name]) => name);
}
