// Laminar's SDK as its documentation has it: `observe` around the function, its batches over HTTP.
import { Laminar, observe } from "@lmnr-ai/lmnr";
import type { Callable, Session } from "../contenders.ts";

export const session: Session = {
  start(collector) {
    const { origin, port, protocol, hostname } = new URL(collector);
    Laminar.initialize({
      projectApiKey: "bench",
      baseUrl: `${protocol}//${hostname}`,
      httpPort: Number(port || (origin.startsWith("https") ? 443 : 80)),
      forceHttp: true,
      instrumentModules: {},
    });
  },
  wrap: (fn, name) =>
    ((...args: unknown[]) => observe({ name }, fn as Callable, ...args)) as typeof fn,
  trace: (body) => observe({ name: "bench" }, body),
  async flush() {
    await Laminar.flush();
  },
};
