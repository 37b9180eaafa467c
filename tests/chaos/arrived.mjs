// The end of a run: every client has all.
import { until } from './programs.mjs';

/** Waits until every client has the last id. A request that its publisher gave up may be stored after
 *  the last one that was answered: so the end of the log is looked up anew each time. */
export async function arrived(cluster, crowd) {
  try {
    await until('every client at the end of the log', async () => {
      const { epoch, to } = await cluster.redis.kept();
      return (await crowd.state(`${epoch}-${to}`)).arrived === crowd.size;
    }, undefined, 200);
  } catch (error) {
    const { epoch, to } = await cluster.redis.kept();
    const behind = (await crowd.report()).filter(({ last }) => last !== `${epoch}-${to}`);
    throw new Error(`${error.message}: the log ends with ${epoch}-${to}; ${JSON.stringify(behind)}`);
  }
}
