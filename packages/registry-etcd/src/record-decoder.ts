import { decodeRecord, type ServiceRecord } from "@micro/core";

/**
 * `decodeRecord` for many records that differ in their nodes only, as those of one version do: what stands before the
 * nodes is read once and shared. With 10,000 nodes of a service that is most of the time and of the memory.
 */
export function recordDecoder(): (json: string) => ServiceRecord {
  const heads = new Map<string, ServiceRecord>();
  return (json) => {
    // go-micro writes the nodes last.
    const cut = json.lastIndexOf(nodes);
    if (cut < 0) return decodeRecord(json);
    const head = `${json.slice(0, cut)}}`;
    try {
      const shared = heads.get(head) ?? decodeRecord(head);
      if (heads.size >= maxHeads) heads.clear();
      heads.set(head, shared);
      const rest = decodeRecord(`{"name":"-"${json.slice(cut)}`);
      // Something else after the nodes.
      if (rest.name !== "-" || rest.version || rest.endpoints.length > 0 || Object.keys(rest.metadata).length > 0)
        return decodeRecord(json);
      return { ...shared, nodes: rest.nodes };
    } catch {
      return decodeRecord(json); // cut at the wrong place, or no record, which this says better
    }
  };
}

const nodes = ',"nodes":[';
const maxHeads = 1_000;
