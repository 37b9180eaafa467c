/** Compiles only if both types are the same, `any` included. */
export function same<Expected>() {
  return <Given>(
    _given: Given,
    ..._verdict: Same<Expected, Given> extends true ? [] : ['not the same type']
  ): void => {};
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
