// The network between the clients and nginx, as a TCP proxy that cuts, delays, swallows and refuses.
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Listens on a free port before `port`. */
export async function startWire(port) {
  const wire = new Wire(port);
  wire.server.listen(0, '127.0.0.1');
  await once(wire.server, 'listening');
  return wire;
}

class Wire {
  /** Each is a client's socket and ours to the server. */
  #lines = new Set();
  /** Milliseconds that each byte waits. */
  delay = 0;
  isRefusing = false;

  constructor(port) {
    this.server = createServer({ noDelay: true }, (client) => this.#accept(client, port));
  }

  get port() {
    return this.server.address().port;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  #accept(client, port) {
    if (this.isRefusing) return client.resetAndDestroy();
    const server = connect({ port, host: '127.0.0.1', noDelay: true });
    const line = new Line(client, server, this);
    this.#lines.add(line);
    client.once('close', () => this.#lines.delete(line));
  }

  /** Does something to a share of the connections, which `random` selects, and returns how many. */
  each(share, random, act) {
    const lines = random.shuffled([...this.#lines]).slice(0, Math.ceil(share * this.#lines.size));
    for (const line of lines) act(line);
    return lines.length;
  }

  close() {
    for (const line of this.#lines) line.reset();
    this.server.close();
  }
}

class Line {
  #ends;
  #isSwallowing = false;
  #cutsNext = false;

  constructor(client, server, wire) {
    this.#ends = [client, server];
    this.#pass(client, server, wire, false);
    this.#pass(server, client, wire, true);
  }

  #pass(from, to, wire, isDown) {
    let [waiting, queue] = [0, Promise.resolve()];
    const write = (bytes) => {
      if (to.destroyed || to.write(bytes)) return;
      from.pause();
      to.once('drain', () => from.resume());
    };
    from.on('data', (bytes) => {
      // What is swallowed is gone, as on a path that died: neither side is told.
      if (this.#isSwallowing) return;
      if (isDown && this.#cutsNext) return to.write(bytes.subarray(0, bytes.length / 2), () => this.reset());
      if (wire.delay === 0 && waiting === 0) return write(bytes);
      waiting += 1;
      const due = sleep(wire.delay);
      queue = queue
        .then(() => due)
        .then(() => {
          waiting -= 1;
          write(bytes);
        });
    });
    from.on('end', () => queue.then(() => to.end()));
    from.on('error', () => this.reset());
    from.on('close', () => queue.then(() => to.destroy()));
  }

  /** Ends both sides without a word (RST). */
  reset() {
    for (const socket of this.#ends) socket.destroyed || socket.resetAndDestroy();
  }

  /** Ends both sides in order (FIN): in the middle of a body all the same. */
  finish() {
    for (const socket of this.#ends) socket.end(() => socket.destroy());
  }

  /** Passes half of the next bytes, and resets. */
  cutInside() {
    this.#cutsNext = true;
  }

  /** Neither side hears anything for so long, and then the path is gone. */
  swallow(milliseconds) {
    this.#isSwallowing = true;
    setTimeout(() => this.reset(), milliseconds).unref();
  }
}
