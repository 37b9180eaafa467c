// The clients, each out of a copy of their script.

/**
 * `[name, read]` of each client. An engine compiles a function for all who call it: rows that shared the functions of one
 * package would make each other slower, as no page does that uses one of them.
 */
export async function clients() {
  const script = new URL('clients.mjs', import.meta.url);
  const { CLIENTS } = await import(script);
  return Promise.all(
    CLIENTS.map(async ([name], row) => {
      const copy = await import(`${script}?${row}`);
      return [name, copy.CLIENTS[row][1]];
    }),
  );
}
