// Numbers, at least one → the middle one; of an even count, the mean of the two in the middle. The input stays as it is.
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError("the median of no numbers");
  return (low + high) / 2;
}
