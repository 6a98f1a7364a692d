/** The server cannot be reached, or the connection was lost: the request may have been performed. */
export class ServerAway extends Error {
  override readonly name = 'ServerAway';
}
