/** A statement that is sent often: the server prepares it once for each connection, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Gives a statement its name. */
export type Named = (text: string) => Statement;
