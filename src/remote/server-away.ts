/** The server cannot be reached, or its connection broke: what was asked may have been done. */
export class ServerAway extends Error {
  override readonly name = 'ServerAway';
}
