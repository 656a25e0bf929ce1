import { type ChildProcess, spawn } from "node:child_process";

let reaper: ChildProcess | undefined;

/**
 * Has the process group `pid` killed as soon as this process is gone, however it went; the answer calls that off.
 *
 * A shell reads from a pipe whose other end only we hold. When we end, even by SIGKILL, the pipe ends and the shell
 * kills every group it was told of. An `exit` listener could not do that, and timers in the children would be
 * forgotten by some.
 */
export function killWithUs(pid: number): () => void {
  tell(`add ${pid}`);
  return () => tell(`drop ${pid}`);
}

function tell(line: string): void {
  reaper ??= startReaper();
  reaper.stdin?.write(`${line}\n`);
}

const script = `
groups=" "
while read -r word pid; do
  case $word in
    add) groups="$groups$pid " ;;
    drop) groups="\${groups%% $pid *} \${groups#* $pid }" ;;
  esac
done
for pid in $groups; do kill -s KILL -- "-$pid" 2>/dev/null; done
`;

function startReaper(): ChildProcess {
  // A group of its own, so that Ctrl-C in the terminal does not end it before it has done its work.
  const child = spawn("sh", ["-c", script], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  child.unref();
  const stdin = child.stdin as typeof child.stdin & { unref?(): void };
  stdin.unref?.();
  stdin.on("error", (reason) => process.stderr.write(`testbed: cannot reach the reaper: ${reason.message}\n`));
  return child;
}
