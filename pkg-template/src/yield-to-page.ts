/**
 * Resolves in a new task, so that the page can render and handle input first. Timers of a hidden page fire only once per
 * second, so this uses a message where the platform allows it.
 */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    try {
      const { port1, port2 } = new MessageChannel();
      // An open port keeps a Node.js process alive.
      port1.onmessage = () => resolve(port1.close());
      port2.postMessage(0);
    } catch {
      // React Native has no `MessageChannel`, and the one of Vercel's edge runtime throws.
      setTimeout(resolve);
    }
  });
}
