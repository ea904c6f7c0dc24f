/** Where browsers find every name. */
export const HERE = "127.0.0.1";
