/** Waits for a state that events bring about; the time limit of the test bounds it. */
export async function eventually(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setImmediate(resolve));
}
