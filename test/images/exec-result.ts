/** The exit code and the output of what `execFile` runs, failed or not. */
export async function execResult(
  running: Promise<{ stdout: string; stderr: string }>,
): Promise<{ code: number; output: string }> {
  try {
    const { stdout, stderr } = await running;
    return { code: 0, output: stdout + stderr };
  } catch (reason) {
    if (!(reason instanceof Error && "code" in reason && typeof reason.code === "number")) throw reason;
    const { stdout = "", stderr = "" } = reason as { stdout?: string; stderr?: string };
    return { code: reason.code, output: stdout + stderr };
  }
}

/** Runs a build's command. When it fails, rejects with the last of what it wrote, on both outputs. */
export async function runBuild(
  dockerfile: string,
  running: Promise<{ stdout: string; stderr: string }>,
): Promise<void> {
  const { code, output } = await execResult(running);
  if (code !== 0) throw new Error(`the build of ${dockerfile} failed with code ${code}:\n${output.slice(-4_000)}`);
}
