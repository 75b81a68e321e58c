// What the server stands on: everything it asks, put together by `llmops dev`.
import type { HttpBindings } from "@hono/node-server";
import type { Ingest } from "../ingest.ts";
import type { Sources } from "../source/sources.ts";
import type { JsonStream, Store } from "../store.ts";
import type { Pipeline } from "../views.ts";
import type { EventStreams } from "./events.ts";
import type { PageFiles } from "./page.ts";

export interface Parts {
  readonly store: Store;
  readonly ingest: Ingest;
  readonly sources: Sources;
  readonly events: EventStreams;
  readonly page: PageFiles;
  readonly about: {
    readonly version: string;
    readonly root: string;
    readonly url: string;
    /** Unix seconds. */
    readonly started_at: number;
  };
  /** Writes need it. */
  readonly token: string;
  readonly child: () => Pipeline["child"];
  /** A Comparison. Undefined: one of them is not there. */
  readonly compare: (a: string, b: string) => Promise<JsonStream | undefined>;
  /** Opens an editor at a place; the path is one that may be opened. */
  readonly edit: (path: string, line: number, column: number) => void;
  readonly mcp: (request: Request) => Promise<Response>;
  /** Hears of what failed here. */
  readonly onError: (error: unknown) => void;
}

export interface Env {
  Bindings: HttpBindings;
}
