// Redis, three nodes and nginx: what a small deployment looks like, on one machine.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, nginxFlags } from '../lib/cluster.mjs';
import { PATIENCE, childrenOf, linesOf, listening, start, until } from './programs.mjs';

const NODES = 3;
/** The key of the events, and the program that asks for it: the log is read past our own server. */
const EVENTS = 'sse:events';
const ask = promisify(execFile);

/** Starts everything; `flags` go to each node. */
export async function startCluster(flags) {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
  const redis = new Redis(folder, await freePort());
  await redis.start();
  const all = ['--demo', '--jwt-secret', 'of the chaos', '--metrics-interval', '0', '--log', redis.url, ...flags];
  const nodes = [];
  for (let number = 0; number < NODES; number += 1) nodes.push(new Node(await freePort(), all));
  await Promise.all(nodes.map((node) => node.start()));
  const nginx = new Nginx(folder, await freePort());
  await nginx.start(nodes);
  return new Cluster(folder, redis, nodes, nginx);
}

class Cluster {
  constructor(folder, redis, nodes, nginx) {
    Object.assign(this, { folder, redis, nodes, nginx });
  }

  async stop() {
    // A run that fails may have left something down, which would come back after its end.
    await Promise.allSettled([this.redis, ...this.nodes].map(({ turn }) => turn));
    await Promise.all([this.nginx.end('SIGTERM'), ...this.nodes.map((node) => node.end('SIGKILL'))]);
    await this.redis.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A program that comes back on the same port. */
class Restartable {
  /** Ends it, waits `down` seconds, and starts it again. One restart at a time: the next waits. */
  restart(signal, down, pause) {
    this.turn = (this.turn ?? Promise.resolve()).then(async () => {
      await this.end(signal);
      await pause(down);
      await this.start();
    });
    return this.turn;
  }

  end(signal) {
    return this.program.end(signal);
  }

  get pid() {
    return this.program.child.pid;
  }
}

class Redis extends Restartable {
  constructor(folder, port) {
    super();
    Object.assign(this, { folder, port, url: `redis://127.0.0.1:${port}/` });
  }

  /** Every event is on the disk before it is acknowledged: otherwise a killed Redis would lose some. */
  async start() {
    const settings = { port: this.port, bind: '127.0.0.1', save: '', appendonly: 'yes', appendfsync: 'always', dir: this.folder };
    this.program = start('redis-server', Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]));
    await listening(this.port);
  }

  /** Epoch, first and last sequence of what is kept, and that nothing is missing between. */
  async kept() {
    const { stdout } = await ask('redis-cli', ['-p', this.port, 'xrange', EVENTS, '-', '+'], { maxBuffer: 2 ** 30 });
    const ids = stdout.match(/^\d+-\d+$/gm).map((id) => id.split('-').map(Number));
    const [[epoch, from], [lastEpoch, to]] = [ids[0], ids.at(-1)];
    if (epoch !== lastEpoch || to - from + 1 !== ids.length) throw new Error('the ids of the log are not dense');
    return { epoch, from, to };
  }
}

class Node extends Restartable {
  constructor(port, flags) {
    super();
    Object.assign(this, { port, flags, url: `http://127.0.0.1:${port}` });
  }

  /** As a supervisor does: a node that ends because Redis is away is started again. */
  async start() {
    const args = ['--port', `${this.port}`, ...this.flags];
    await until(`a node on port ${this.port}`, async () => {
      this.program = start(process.env.FIXTURE_PROGRAM, args);
      const { value } = await linesOf(this.program).next();
      return value?.startsWith('listening on ');
    }, PATIENCE, 100);
    this.program.child.stdout.resume();
  }

  /** A figure of /metrics; the sum, if it has labels. `undefined` while the node is down. */
  async figure(name) {
    const text = await fetch(`${this.url}/metrics`).then((answer) => answer.text(), () => undefined);
    const values = text?.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'));
    return values && [...values].reduce((sum, [, value]) => sum + Number(value), 0);
  }
}

class Nginx {
  constructor(folder, port) {
    Object.assign(this, { folder, port, url: `http://127.0.0.1:${port}` });
  }

  async start(nodes) {
    this.program = start('nginx', await nginxFlags(this.folder, this.port, nodes));
    await listening(this.port);
  }

  reload() {
    this.program.child.kill('SIGHUP');
  }

  /** Kills what holds the connections: all are gone in the same moment. nginx starts another at once. */
  async crash() {
    for (const worker of await childrenOf(this.program.child.pid)) process.kill(worker, 'SIGKILL');
  }

  end(signal) {
    return this.program.end(signal);
  }
}
