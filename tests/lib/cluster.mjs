// Redis, three fixture servers and nginx with the corrected configuration, on one machine.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startFixture } from './fixture.mjs';
import { freePort, listening } from './ports.mjs';
import { childrenOf, start } from './programs.mjs';
import { until } from './wait.mjs';

const NODES = 3;
const CONFIGURATION = new URL('../../server-fixture/proxies/corrected.nginx.conf', import.meta.url);
/** The key of the events. The log is read from Redis itself, so that a defect of the server cannot hide there. */
const EVENTS = 'sse:events';
const run = promisify(execFile);

/** Starts the cluster and returns it. Like a fixture server, it has `url`, `port`, `stop()` and `kill()`.
 *  @param flags of each node
 *  @param options the `port` of nginx, and whether Redis writes each event to disk before it acknowledges it (`isDurable`) */
export async function startCluster(flags, { port, isDurable = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
  const redis = new Redis(folder, await freePort(), isDurable);
  const all = ['--jwt-secret', 'shared by all nodes', '--log', redis.url, ...flags];
  const nodes = [];
  for (let number = 0; number < NODES; number += 1) nodes.push(new Node(await freePort(), all));
  const nginx = new Nginx(folder, port || (await freePort()));
  const cluster = new Cluster(folder, redis, nodes, nginx);
  try {
    await redis.start();
    await Promise.all(nodes.map((node) => node.start()));
    await nginx.start(nodes);
    return cluster;
  } catch (error) {
    await cluster.kill();
    throw error;
  }
}

class Cluster {
  constructor(folder, redis, nodes, nginx) {
    Object.assign(this, { folder, redis, nodes, nginx, url: nginx.url, port: nginx.port });
  }

  /** Ends the nodes in order, so that they send their shutdown events. */
  stop() {
    return this.#end('SIGTERM');
  }

  kill() {
    return this.#end('SIGKILL');
  }

  async #end(signal) {
    // After a failed run a program may be in the middle of a restart.
    await Promise.allSettled([this.redis, ...this.nodes].map(({ restarted }) => restarted));
    // A killed nginx would leave its workers behind. SIGTERM closes all connections too.
    await Promise.all([this.nginx.end('SIGTERM'), ...this.nodes.map((node) => node.end(signal))]);
    await this.redis.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A program that restarts on the same port. */
class Restartable {
  /** Ends the program, waits `down` seconds, and starts it again. A second restart waits for the first. */
  restart(signal, down, pause) {
    return this.inTurn(async () => {
      await this.end(signal);
      await pause(down);
      await this.start();
    });
  }

  /** Calls `work` after all restarts that were requested before. */
  inTurn(work) {
    this.restarted = (this.restarted ?? Promise.resolve()).then(work);
    return this.restarted;
  }

  async end(signal) {
    await this.program?.end(signal);
  }

  get pid() {
    return this.program.child.pid;
  }
}

class Redis extends Restartable {
  constructor(folder, port, isDurable) {
    super();
    Object.assign(this, { folder, port, isDurable, url: `redis://127.0.0.1:${port}/` });
  }

  async start() {
    const disk = this.isDurable ? { appendonly: 'yes', appendfsync: 'always' } : {};
    const settings = { port: this.port, bind: '127.0.0.1', save: '', dir: this.folder, ...disk };
    this.program = start(
      'redis-server',
      Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      { stdio: 'ignore' },
    );
    await listening(this.port);
  }

  /** Sends a command and returns the reply. */
  async command(...words) {
    const { stdout } = await run('redis-cli', ['-e', '-p', this.port, ...words], { maxBuffer: 2 ** 30 });
    return stdout;
  }

  /** Sends a command again and again until Redis executes it, for example after a restart. */
  insist(...words) {
    return until(`Redis to execute ${words[0]}`, () =>
      this.command(...words).then(
        () => true,
        () => false,
      ),
    );
  }

  /** Deletes all events behind the back of the nodes. */
  deleteEvents() {
    return this.insist('DEL', EVENTS);
  }

  /** Fills the memory for some seconds. Redis then applies `policy`: it rejects writes, or deletes keys. */
  async fillMemory(policy, seconds, pause) {
    await this.insist('CONFIG', 'SET', 'maxmemory-policy', policy, 'maxmemory', '1');
    await pause(seconds);
    await this.insist('CONFIG', 'SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction');
  }

  /** Fills the disk for some seconds: no file may grow. Redis ends, because it cannot store what it acknowledges. */
  fillDisk(seconds, pause) {
    return this.inTurn(async () => {
      await run('prlimit', ['--pid', this.pid, '--fsize=1024']);
      await pause(seconds);
      await this.end('SIGKILL');
      await this.start();
    });
  }

  /** Returns the epoch and the first and last sequence number of the stored events, after a check that none is missing. */
  async kept() {
    const text = await this.command('xrange', EVENTS, '-', '+');
    const ids = (text.match(/^\d+-\d+$/gm) ?? []).map((id) => id.split('-').map(Number));
    if (ids.length === 0) throw new Error('the log is empty');
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

  /** Starts the node again until it listens, like a supervisor: a node ends if Redis is down. */
  async start() {
    const startOnce = () => startFixture('--port', this.port, ...this.flags).catch(() => undefined);
    const fixture = await until(`a node on port ${this.port}`, startOnce, undefined, 100);
    this.program = {
      child: { pid: fixture.pid },
      end: (signal) => (signal === 'SIGKILL' ? fixture.kill() : fixture.stop()),
    };
  }

  /** Reads a metric from /metrics, as the sum over its labels. Returns `undefined` while the node is down. */
  async metric(name) {
    const text = await fetch(`${this.url}/metrics`).then(
      (answer) => answer.text(),
      () => undefined,
    );
    const values = text?.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'));
    return values && [...values].reduce((sum, [, value]) => sum + Number(value), 0);
  }
}

class Nginx {
  constructor(folder, port) {
    Object.assign(this, { folder, port, url: `http://127.0.0.1:${port}` });
  }

  async start(nodes) {
    const text = nodes
      .reduce(
        (text, node, at) => text.replaceAll(`@NODE_${at + 1}@`, `127.0.0.1:${node.port}`),
        await readFile(CONFIGURATION, 'utf8'),
      )
      .replaceAll('@LISTEN@', `127.0.0.1:${this.port}`)
      .replaceAll('@FOLDER@', this.folder);
    const file = join(this.folder, 'nginx.conf');
    await writeFile(file, text);
    this.program = start('nginx', ['-p', this.folder, '-c', file, '-g', 'daemon off;'], { stdio: 'ignore' });
    await listening(this.port);
  }

  reload() {
    this.program.child.kill('SIGHUP');
  }

  /** Kills the workers, so that all connections close at the same moment. nginx starts new workers at once. */
  async crash() {
    for (const worker of await childrenOf(this.program.child.pid)) process.kill(worker, 'SIGKILL');
  }

  async end(signal) {
    await this.program?.end(signal);
  }
}
