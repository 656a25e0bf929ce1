import { Metadata } from "@grpc/grpc-js";
import type { IStatusResponse } from "etcd3";
import { brokenOff, causeOf, judge } from "./failure.ts";
import type { EtcdMember } from "./member.ts";

/**
 * A member at an address that the cluster named. Somebody else may listen there by now, so each connection first has
 * to prove itself: the server behind it must name the same cluster. The question carries no token, and before the
 * answer nothing else is sent; what is asked all the same is refused here.
 */
export function learnedMember(member: EtcdMember, clusterId: string, onForeign: (foundId: string) => void): EtcdMember {
  let proven = false;
  let proving: Promise<void> | undefined;

  async function prove(timeoutMs: number): Promise<void> {
    const { generation } = member;
    const { header } = await askStatus(timeoutMs);
    if (header?.cluster_id !== clusterId) {
      const foundId = header?.cluster_id ?? "0";
      onForeign(foundId);
      throw brokenOff(`it belongs to cluster ${hex(foundId)}, expected ${hex(clusterId)}`);
    }
    const lost = (): void => {
      proven = false;
    };
    if (member.generation !== generation || !member.tie(lost)) throw brokenOff("the connection broke");
    proven = true;
  }

  // Needs no permission where users log in. What refuses it all the same is not this cluster's word on anything.
  async function askStatus(timeoutMs: number): Promise<IStatusResponse> {
    try {
      return await member.unary("status", {}, new Metadata(), timeoutMs);
    } catch (reason) {
      throw judge(reason) === "elsewhere" ? reason : brokenOff(`it does not say what it is: ${causeOf(reason)}`);
    }
  }

  function assertProven(): void {
    if (!proven) throw brokenOff("the connection broke, and the next has to prove that it leads to the same cluster");
  }

  return {
    address: member.address,
    get connected() {
      return member.connected;
    },
    get generation() {
      return member.generation;
    },
    ready(timeoutMs) {
      if (proven) return Promise.resolve();
      proving ??= prove(timeoutMs).finally(() => {
        proving = undefined;
      });
      return proving;
    },
    async unary(method, request, metadata, timeoutMs) {
      assertProven();
      return await member.unary(method, request, metadata, timeoutMs);
    },
    stream(method, metadata, options) {
      assertProven();
      return member.stream(method, metadata, options);
    },
    tie: (onLost) => proven && member.tie(onLost),
    reset() {
      proven = false;
      member.reset();
    },
  };
}

/** An id of a cluster as etcdctl shows it. */
export function hex(id: string): string {
  return BigInt(id).toString(16);
}
