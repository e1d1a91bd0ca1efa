import { BlockList, isIP } from "node:net";
import * as z from "zod";

/** The parts of `10.0.0.0/24`; undefined for what is no address or network. */
function networkOf(text: string): { address: string; bits: number | undefined; family: "ipv4" | "ipv6" } | undefined {
  const [address = "", bits, more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more !== undefined) return undefined;
  if (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))) return undefined;
  return { address, bits: bits === undefined ? undefined : Number(bits), family: version === 4 ? "ipv4" : "ipv6" };
}

/** Who besides this machine may read the metrics. */
export const metricsSection = z.strictObject({
  /** Addresses, or networks such as `10.0.0.0/24`. */
  allow: z
    .array(z.string().refine((text) => networkOf(text), "use an address or a network such as 10.0.0.0/24"))
    .max(50)
    .default([]),
});

/** Whether an address is this machine's, or one that the configuration allows. */
export function metricsReaders({ allow }: z.output<typeof metricsSection>): (address: string) => boolean {
  const list = new BlockList();
  list.addSubnet("127.0.0.0", 8, "ipv4");
  list.addAddress("::1", "ipv6");
  for (const text of allow) {
    const network = networkOf(text);
    if (!network) continue;
    const { address, bits, family } = network;
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, bits, family);
  }
  return (address) => {
    // An IPv4 address at a socket that takes both.
    const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 4 ? "ipv4" : "ipv6");
  };
}
