// What the second thread does, by name: what goes in, and what comes back.
import type { Instrumented, InstrumentTask } from "../source/instrumented.ts";
import type { Comparison } from "../views.ts";

export interface Tasks {
  readonly instrument: { readonly ask: InstrumentTask; readonly answer: Instrumented };
  /** Undefined: one of the traces is not there. */
  readonly compare: {
    readonly ask: { readonly database: string; readonly a: string; readonly b: string };
    readonly answer: Comparison | undefined;
  };
}

export type TaskName = keyof Tasks;

export interface Asked {
  readonly id: number;
  readonly name: TaskName;
  readonly ask: unknown;
}
