// Promises that are watched → what V8 tells of them, through hooks that are there only meanwhile.
// Invariant: `off → settling ⇄ attaching → off`; off two turns after the last promise was watched.
import { util, v8 } from "../platform/node.ts";

/** V8 calls these: they may neither throw nor run the program's code. */
interface Told {
  settled(promise: Promise<unknown>): void;
  /** Before the program's own callbacks are attached, or its `await`. */
  attached(promise: Promise<unknown>): void;
}

export class PromiseHooks {
  /** `settling`: V8 tells who settles. `attaching`: also who is attached to, at twice the cost. */
  #state: "off" | "settling" | "attaching" = "off";
  /** Promises that they are there for. */
  #watched = 0;
  /** One was watched in this turn. Hooks that come and go with each promise cost 0.5 µs more. */
  #busy = false;
  #stop: () => void = nothing;
  readonly #told: Told;

  constructor(told: Told) {
    this.#told = told;
  }

  /** Not in other engines, nor without what tells a promise that has settled. */
  get available(): boolean {
    return (
      typeof v8().promiseHooks?.createHook === "function" && typeof util().inspect === "function"
    );
  }

  /** For one promise more. */
  begin(): void {
    this.#watched++;
    this.#busy = true;
  }

  /** For one less. @returns whether it was the last */
  end(): boolean {
    return --this.#watched === 0;
  }

  /** Puts them there, unless they are. @param attaching also tell who attaches */
  ask(attaching: boolean): void {
    if (this.#state === "attaching" || (this.#state === "settling" && !attaching)) return;
    this.#stop();
    const { settled, attached } = this.#told;
    const init = (_: Promise<unknown>, parent: Promise<unknown> | undefined): void => {
      if (parent !== undefined) attached(parent);
    };
    this.#state = attaching ? "attaching" : "settling";
    this.#stop = v8().promiseHooks?.createHook(
      attaching ? { init, settled } : { settled },
    ) as () => void;
  }

  /** Once a turn. @returns whether to come back in the next one */
  rest(): boolean {
    if (this.#watched > 0 || this.#state === "off") return false;
    const again = this.#busy;
    this.#busy = false;
    if (again) return true;
    this.#stop();
    this.#state = "off";
    return false;
  }
}

const nothing = (): void => {};
