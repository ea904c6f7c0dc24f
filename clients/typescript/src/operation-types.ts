/** The types of an operation, out of its description in a generated schema. */

type Success = 200 | 201 | 202 | 203 | 204;

/** What the generated schema says of an operation. */
export interface Described {
  readonly parameters: {
    readonly path?: unknown;
    readonly query?: unknown;
    readonly header?: unknown;
  };
  readonly requestBody?: unknown;
  readonly responses: unknown;
}

/** `unknown` for `never`, which would absorb every other part of an intersection. */
type OrNothing<T> = [T] extends [never] ? unknown : T;
type Fields<O extends Described, Place extends "path" | "query"> = OrNothing<
  NonNullable<O["parameters"][Place]>
>;
type Body<O extends Described> =
  NonNullable<O["requestBody"]> extends { content: { "application/json": infer Json } }
    ? OrNothing<Json>
    : unknown;
/** The only header that the generator knows is `If-Match`. */
type Matched<O extends Described> = [NonNullable<O["parameters"]["header"]>] extends [never]
  ? unknown
  : {
      /**
       * The `version` that was read. If another request has changed the resource since, the problem is
       * `version_conflict`.
       */
      version?: number;
    };

/** One flat object. `undefined` in an optional field means: not given. */
type Flat<T> = {
  [K in keyof T]: Record<never, never> extends Pick<T, K> ? T[K] | undefined : T[K];
};

type Inputs<O extends Described> = Fields<O, "path"> & Fields<O, "query"> & Body<O> & Matched<O>;

/** The path, query and body fields of an operation in one flat object. */
export type InputOf<O extends Described> =
  unknown extends Inputs<O> ? Readonly<Record<string, never>> : Flat<Inputs<O>>;

/** The data of an operation's answer; `undefined` where there is none. */
export type DataOf<O extends Described> = {
  [Status in keyof O["responses"] & Success]: O["responses"][Status] extends {
    content: { "application/json": infer Json };
  }
    ? Json
    : undefined;
}[keyof O["responses"] & Success];

/** The codes of an operation's problems, which are among all codes. */
export type CodesOf<O extends Described, All extends string> = {
  [Status in Exclude<keyof O["responses"], Success>]: O["responses"][Status] extends {
    content: { "application/problem+json": { code: infer Code extends All } };
  }
    ? Code
    : never;
}[Exclude<keyof O["responses"], Success>];
