/** Total orders that do not depend on the locale of the machine. */

/** Negative when `a` sorts before `b`, positive when after, 0 when equal. */
export type Compare<T> = (a: T, b: T) => number;

/** Order by UTF-16 code units: the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Order by a number, smallest first. */
export function compareNumber(a: number, b: number): number {
  return a - b;
}

/** The first of `orders` that tells `a` and `b` apart decides. */
export function compareInTurn<T>(...orders: readonly Compare<T>[]): Compare<T> {
  return (a, b) => {
    for (const order of orders) {
      const difference = order(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}
