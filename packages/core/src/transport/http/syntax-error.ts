/** Bytes that are no HTTP/1.1 message, or more of one than is taken; `status` is how a server answers them. */
export class HttpSyntaxError extends Error {
  override readonly name = "HttpSyntaxError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
