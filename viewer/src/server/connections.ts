// A server's connections → at most so many of them.
// Invariant: those that say nothing, or send a request slowly, give way to new ones.
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

export function limitConnections(server: Server, limit: number): void {
  /** Oldest first, with the request that is being answered. */
  const open = new Map<Socket, IncomingMessage | undefined>();
  server.on("connection", (socket: Socket) => {
    if (open.size >= limit) {
      // A request that is here to its end is being answered: it keeps its place.
      const slow = [...open].find(([, request]) => request?.complete !== true)?.[0];
      (slow ?? socket).destroy();
      if (slow === undefined) return;
      open.delete(slow);
    }
    open.set(socket, undefined);
    socket.once("close", () => open.delete(socket));
  });
  server.on("request", (incoming, response) => {
    const { socket } = incoming;
    if (open.has(socket)) open.set(socket, incoming);
    response.once("close", () => {
      if (open.get(socket) === incoming) open.set(socket, undefined);
    });
  });
}
