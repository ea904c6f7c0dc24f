/** The lengths at which the rules of a schema begin and end to hold. */
export function lengthsIn(schema: object): number[] {
  const limits = JSON.stringify(schema).matchAll(/"(?:min|max)Length":(\d+)/g);
  return [...limits].flatMap(([, limit]) => [-1, 0, 1].map((step) => Number(limit) + step));
}

/** Values that differ from a valid one in one place: most break a rule. */
export function variants(valid: unknown, lengths: readonly number[]): unknown[] {
  const texts = [...new Set(lengths)].flatMap((length) => [
    "x".repeat(length),
    "😀".repeat(length),
  ]);
  const others: unknown[] = [null, "", ...texts, -1, 1.5, true, [], {}];
  if (Array.isArray(valid)) {
    return [
      ...others,
      ...valid.flatMap((item, at) => variants(item, lengths).map((v) => valid.with(at, v))),
    ];
  }
  if (typeof valid !== "object" || valid === null) return others;
  const members = Object.entries(valid);
  const without = members.map(([name]) =>
    Object.fromEntries(members.filter(([other]) => other !== name)),
  );
  const changed = members.flatMap(([name, member]) =>
    variants(member, lengths).map((variant) => ({ ...valid, [name]: variant })),
  );
  const modes = ["body", "cookie"].flatMap((refresh_in) => [
    { ...valid, refresh_in },
    ...["cookie", "token"].map((mode) => ({ ...valid, refresh_in, mode })),
  ]);
  return [...others, ...without, ...changed, ...modes, { ...valid, unknown_member: 1 }];
}
