// Three fixture servers on one Redis behind nginx with the corrected configuration: to a test it
// is one server, which it starts, kills and starts again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFixture } from './fixture.mjs';

const CONFIGURATION = new URL('../../server-fixture/proxies/corrected.nginx.conf', import.meta.url);

/** The same as `startFixture()`, with the flags for each of the three. */
export async function startCluster(...flags) {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
  const started = [];
  try {
    return await start(folder, started, flags);
  } catch (error) {
    await Promise.all(started.map((program) => program.kill()));
    throw error;
  }
}

async function start(folder, started, flags) {
  const keep = (program) => started.push(program) && program;
  const { port, rest } = withoutPort(flags);
  const redis = keep(await startRedis(folder));
  const shared = ['--port', '0', '--log', `redis://127.0.0.1:${redis.port}/`, '--jwt-secret', 'shared by all nodes'];
  const nodes = await Promise.all([1, 2, 3].map(async () => keep(await startFixture(...rest, ...shared))));
  const nginx = keep(await startNginx(folder, port, nodes));
  const end = async (how) => {
    await Promise.all(started.map((program) => program[how]()));
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${nginx.port}`, port: nginx.port, stop: () => end('stop'), kill: () => end('kill') };
}

/** The port is nginx's. */
function withoutPort(flags) {
  const at = flags.indexOf('--port');
  return { port: Number(flags[at + 1]), rest: flags.toSpliced(at, 2) };
}

async function startRedis(folder) {
  const port = await freePort();
  await mkdir(join(folder, 'redis'));
  const where = ['--port', port, '--bind', '127.0.0.1', '--dir', join(folder, 'redis'), '--save', ''];
  return listening('redis-server', where, port);
}

async function startNginx(folder, chosen, nodes) {
  const port = chosen || (await freePort());
  const nginx = await listening('nginx', await nginxFlags(folder, port, nodes), port);
  // Killed, it would leave its workers behind. Told to stop, it cuts everything off too.
  return { ...nginx, kill: nginx.stop };
}

/** Writes nginx' configuration into `folder`, and gives the flags to start it with. */
export async function nginxFlags(folder, port, nodes) {
  const text = nodes
    .reduce((text, node, at) => text.replaceAll(`@NODE_${at + 1}@`, `127.0.0.1:${node.port}`), await readFile(CONFIGURATION, 'utf8'))
    .replaceAll('@LISTEN@', `127.0.0.1:${port}`)
    .replaceAll('@FOLDER@', folder);
  const file = join(folder, 'nginx.conf');
  await writeFile(file, text);
  return ['-p', folder, '-c', file, '-g', 'daemon off;'];
}

/** Starts a program and waits until it listens. */
async function listening(name, flags, port) {
  const program = spawn(name, flags.map(String), { stdio: 'ignore' });
  const gone = once(program, 'exit');
  const end = (signal) => {
    program.kill(signal);
    return gone;
  };
  while (!(await answers(port))) {
    if (program.exitCode !== null) throw new Error(`${name} ended with ${program.exitCode}`);
    await sleep(20);
  }
  return { port, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

/** Whether something listens there. */
export function answers(port) {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}

/** Below the ports of outgoing connections, one of which could take it in the meantime. */
export async function freePort() {
  const port = 10_240 + Math.floor(Math.random() * 21_000);
  const server = createServer().listen(port, '127.0.0.1');
  const isFree = await Promise.race([once(server, 'listening').then(() => true), once(server, 'error').then(() => false)]);
  if (!isFree) return freePort();
  server.close();
  await once(server, 'close');
  return port;
}
