import { createServer, type AddressInfo } from "node:net";

/** A free port of the loopback interface: `preferred` if nobody has it. */
export async function freePort(preferred = 0): Promise<number> {
  const probe = createServer();
  try {
    return await new Promise((resolve, reject) => {
      probe.once("error", reject);
      probe.listen(preferred, "127.0.0.1", () => resolve((probe.address() as AddressInfo).port));
    });
  } catch (error) {
    if (preferred === 0) throw error;
    return await freePort();
  } finally {
    await new Promise((resolve) => probe.close(resolve));
  }
}
