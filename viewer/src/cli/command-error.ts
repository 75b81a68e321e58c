// A command cannot do its work → the line and the exit code that say so.

export class CommandError extends Error {
  override readonly name = "CommandError";
  /** 1: the work failed. 2: called wrongly, or something is not there. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}
