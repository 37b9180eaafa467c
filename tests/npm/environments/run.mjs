// Runs programs in the folder that has all packages.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The folder with the packages of the lock file and the packed package. */
export const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Runs a program in the folder, and returns what it printed. */
export async function run(program, args, variables = {}) {
  // The tests of a framework must not believe that they run under node:test.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, FORCE_COLOR: ___, ...env } = process.env;
  const options = { cwd: FOLDER, env: { ...env, ...variables, CI: 'true', NO_COLOR: '1' }, timeout: 90_000 };
  const { stdout, stderr } = await promisify(execFile)(program, args, options).catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`);
  });
  return `${stdout}${stderr}`;
}
