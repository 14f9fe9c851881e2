/**
 * Lets everything else that waits in the event loop run first. A message, because a timer of 0 ms takes 4 ms in a
 * browser, and a resolved promise does not let go at all.
 */
export const yieldToLoop = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
