/** The rules of the schemas that zod has no word for. */

/** Whether a text has so many characters: code points, as JSON Schema counts them. */
export const characters =
  (min: number, max: number): ((text: string) => boolean) =>
  (text) => {
    const count = [...text].length;
    return count >= min && count <= max;
  };

/** A schema of an object that a value may not match. */
interface Forbidden {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, { readonly enum?: readonly unknown[] }>>;
}

/** Whether an object does not match: the keyword `not`, of required members and members that are one of a list. */
export const never =
  ({ required = [], properties = {} }: Forbidden): ((value: object) => boolean) =>
  (value) => {
    const members = new Map<string, unknown>(Object.entries(value));
    const matches =
      required.every((name) => members.has(name)) &&
      Object.entries(properties).every(
        ([name, { enum: list }]) => !members.has(name) || !list || list.includes(members.get(name)),
      );
    return !matches;
  };
