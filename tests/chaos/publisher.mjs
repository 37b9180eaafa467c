// Publishes through nginx; what is not acknowledged is published again under another number.
import { setTimeout as sleep } from 'node:timers/promises';
import { dataOf } from './clients/ledger.mjs';
import { until } from '../lib/wait.mjs';

/** Publishes at `rate` events a second (as well as the servers let it) until it is stopped. */
export async function startPublisher(url, rate) {
  const publisher = new Publisher(url);
  publisher.start(rate);
  return publisher;
}

class Publisher {
  #token;
  #number = 0;
  #running;
  #isStopped = false;
  /** The acknowledged ids. */
  #ids = new Set();
  acknowledged = 0;
  /** Ids that were acknowledged for two events. */
  reused = 0;
  refused = 0;

  constructor(url) {
    this.url = url;
  }

  start(rate) {
    this.#running = this.#run(rate);
  }

  async #run(rate) {
    const start = Date.now();
    for (let turn = 1; !this.#isStopped; turn += 1) {
      if ((await this.one()) === undefined) await sleep(20);
      // After a stop of the servers it does not make up for what it could not publish.
      await sleep(Math.min(Math.max(start + (turn * 1000) / rate - Date.now(), 0), 1000 / rate));
    }
  }

  /** Publishes one event and gives its id; `undefined` if it was not acknowledged. */
  async one(url = this.url) {
    try {
      this.#token ??= await this.#login(url);
      const body = JSON.stringify({ type: 'update', data: dataOf(this.#number++) });
      const answer = await this.#post(url, '/publish', body, { authorization: `Bearer ${this.#token}` });
      this.acknowledged += 1;
      if (this.#ids.has(answer.id)) this.reused += 1;
      this.#ids.add(answer.id);
      return answer.id;
    } catch {
      this.refused += 1;
      return undefined;
    }
  }

  async #login(url) {
    return (await this.#post(url, '/login', JSON.stringify({ user: 'publisher', ttl: 86_400 }))).token;
  }

  async #post(url, path, body, headers = {}) {
    const signal = AbortSignal.timeout(10_000);
    const answer = await fetch(url + path, {
      method: 'POST',
      body,
      signal,
      headers: { 'content-type': 'application/json', ...headers },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  }

  /** Returns the greatest acknowledged sequence number of each epoch. */
  lastOfEpochs() {
    const last = new Map();
    for (const id of this.#ids) {
      const [epoch, seq] = id.split('-').map(Number);
      last.set(epoch, Math.max(last.get(epoch) ?? 0, seq));
    }
    return last;
  }

  /** Stops, and publishes one last event, which tells every client that it has all. */
  async stop() {
    await this.halt();
    await until('the last event', () => this.one());
  }

  /** Stops. */
  async halt() {
    this.#isStopped = true;
    await this.#running;
  }

  /** As many events as asked for, as fast as the nodes take them. */
  async burst(count, urls) {
    const share = async (url, count) => {
      for (let done = 0; done < count; ) done += (await this.one(url)) === undefined ? 0 : 1;
    };
    const lanes = 8;
    await Promise.all(
      Array.from({ length: lanes }, (_, lane) => share(urls[lane % urls.length], Math.ceil(count / lanes))),
    );
  }
}
