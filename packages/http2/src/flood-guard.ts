import { Allowance } from "./allowance.ts";
import { ConnectionFault, ErrorCode } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** Counts what is fine now and then and a flood in masses. One too many throws a fault: ENHANCE_YOUR_CALM. */
export class FloodGuard {
  private readonly futile: Allowance;
  private readonly idle: Allowance;
  private readonly settings: Allowance;
  private readonly pings: Allowance;

  constructor(limits: Limits, now: () => number) {
    this.futile = new Allowance(limits.futileStreams, now);
    this.idle = new Allowance(limits.idleFrames, now);
    this.settings = new Allowance(limits.settings, now);
    this.pings = new Allowance(limits.pings, now);
  }

  futileStream(): void {
    if (!this.futile.spend()) flood("streams that came to nothing");
  }

  idleFrame(): void {
    if (!this.idle.spend()) flood("frames that move nothing");
  }

  settingsFrame(): void {
    if (!this.settings.spend()) flood("SETTINGS");
  }

  ping(): void {
    if (!this.pings.spend()) flood("PING");
  }
}

function flood(what: string): never {
  throw new ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, `too many ${what}`);
}
