/** Repeats a check until it holds; its last failure when it does not within `timeoutMs`, 15 seconds unless given. */
export async function eventually<T>(check: () => T | Promise<T>, timeoutMs = 15_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (reason) {
      if (Date.now() > end) throw reason;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
