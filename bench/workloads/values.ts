// The functions of W12: they do nothing with what they are handed, so that what is measured is recording it.

/** @track result=false */
export function take(value: unknown): number {
  return value === undefined ? 0 : 1;
}

/** @track result=false capture=value */
export function takeCaptured(value: unknown): number {
  return value === undefined ? 0 : 1;
}

/** @track args=false */
export function give(value: unknown): unknown {
  return value;
}
