/** Why there is no verdict about browsers: wrong usage, or something that cannot be reached. Its message holds no secret. */
export class Unusable extends Error {}
