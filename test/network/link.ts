/**
 * The link of a host to a neighbour that it dials: dialled again, with a growing back-off, for as long as the process lives.
 *
 * A dial that nobody answers is given up: the system would go on for two minutes, and ever more rarely.
 */
import { type Store } from '../../index.js'
import { connect, type Connection } from '../../lib/transport/tcp.js'
import { doubleline } from '../../lib/wire/codec.js'

const patienceMs = 1_500
const waitMsMin = 100
const waitMsMax = 1_000

/** Joins a connection to a store: bytes, frames, session, and back. */
export function join(connection: Connection, store: Store, onEnd: () => void = () => {}): void {
  const stream = store.createStream({ onEnd })
  stream.sink(doubleline.parse()(connection.source))
  connection.sink(doubleline.stringify()(stream.source))
}

/** Keeps a link to whoever listens there. */
export function keep(store: Store, address: string, port: number): void {
  let waitMs = waitMsMin
  const again = (): void => {
    setTimeout(dial, waitMs)
    waitMs = Math.min(2 * waitMs, waitMsMax)
  }
  const dial = (): void => {
    const dialled = connect(port, address, (error, connection) => {
      clearTimeout(patience)
      if (error !== null || connection === undefined) return again()
      waitMs = waitMsMin
      join(connection, store, again)
    })
    const patience = setTimeout(() => dialled.destroy(), patienceMs)
  }
  dial()
}
