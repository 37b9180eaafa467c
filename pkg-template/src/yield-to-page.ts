/** A promise of a task of its own. Not by a timer, where there is another way: those of a hidden page ring once a second. */
export function nextTask() {
  return new Promise((resolve) => {
    if (!globalThis.MessageChannel) return void setTimeout(resolve);
    const { port1, port2 } = new MessageChannel();
    // An open port keeps a process of Node alive.
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(0);
  });
}
