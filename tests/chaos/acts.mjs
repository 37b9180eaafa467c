// What the kinds of a plan's acts do to a cluster and to the wire before it.
import { setTimeout as sleep } from 'node:timers/promises';

const pause = (seconds) => sleep(seconds * 1000);

/** Does one act and gives when it is over. */
export function act({ cluster: { nodes, nginx, redis }, wire, random }, { kind, node, down, share, by, for: time }) {
  switch (kind) {
    case 'kill a node':
      return nodes[node].restart('SIGKILL', down, pause);
    case 'stop a node':
      return nodes[node].restart('SIGTERM', down, pause);
    case 'kill all nodes':
      return Promise.all(nodes.map((node) => node.restart('SIGKILL', down, pause)));
    case 'reload nginx':
      return nginx.reload();
    case 'kill Redis':
      return redis.restart('SIGKILL', down, pause);
    case 'stop Redis':
      return redis.restart('SIGTERM', down, pause);
    case 'delete the stream':
      return redis.deleteEvents();
    case 'evict the stream':
      return redis.fillMemory('allkeys-lru', time, pause);
    case 'fill the memory':
      return redis.fillMemory('noeviction', time, pause);
    case 'fill the disk':
      return redis.fillDisk(down, pause);
    case 'reset connections':
      return wire.each(share, random, (line) => line.reset());
    case 'end connections':
      return wire.each(share, random, (line) => line.finish());
    case 'cut inside a chunk':
      return wire.each(share, random, (line) => line.cutInside());
    case 'swallow all bytes':
      return wire.each(share, random, (line) => line.swallow(time * 1000));
    case 'delay all bytes':
      return during(wire, 'delay', by * 1000, 0, time);
    case 'refuse connections':
      return during(wire, 'isRefusing', true, false, time);
    default:
      throw new Error(`no such act: ${kind}`);
  }
}

async function during(wire, member, on, off, time) {
  wire[member] = on;
  await pause(time);
  wire[member] = off;
}

/** Does all acts at their times, one beginning whether or not those before are over. */
export async function carryOut(stage, acts, say) {
  const start = Date.now();
  const begun = acts.map(async (each) => {
    await sleep(each.at * 1000);
    say({ ...each, begun: (Date.now() - start) / 1000 });
    await act(stage, each);
  });
  await Promise.all(begun);
}
