/**
 * The links of the host, and what went over them; and the newest changes and events.
 */
import type { JSX } from 'preact'
import type { NodePeer } from '../../node/node.js'
import type { TailLine, View } from '../server/view.js'
import { short } from './rates.js'

function stateOf({ connected, silent, synced }: NodePeer): string {
  return !connected ? 'away' : silent ? 'silent' : synced ? 'in step' : 'catching up'
}

export function Peers({ view }: { view: View }): JSX.Element {
  const more = view.peersCount - view.peers.length
  return (
    <section class="panel peers" aria-label="Peers">
      <h2>Peers <small>{view.peersCount}</small></h2>
      {view.peers.length === 0 ? <p class="empty">Nobody is connected or expected.</p> : (
        <div class="scroll" tabIndex={0}>
          <table>
            <thead><tr><th>host</th><th>state</th><th>lag</th><th>round trip</th><th>changes in / out</th><th>bytes in / out</th><th>dup.</th><th>refused</th></tr></thead>
            <tbody>
              {view.peers.map((peer) => (
                <tr key={peer.host} class={peer.connected && peer.synced && !peer.silent ? '' : 'wrong'}>
                  <th scope="row" title={peer.uri ?? ''}>{peer.host}</th>
                  <td>{stateOf(peer)}</td>
                  <td>{short(peer.lag)}</td>
                  <td>{peer.rttMs === null ? '–' : `${peer.rttMs.toFixed(1)} ms`}</td>
                  <td>{short(peer.changesIn)} / {short(peer.changesOut)}</td>
                  <td>{short(peer.bytesIn)} / {short(peer.bytesOut)}</td>
                  <td>{short(peer.duplicates)}</td>
                  <td>{refusedBy(peer)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more > 0 && <p class="empty">and {more} more</p>}
    </section>
  )
}

function refusedBy({ refused, refusedByPeer }: NodePeer): string {
  const told = [...Object.entries(refused).map(([code, n]) => `${code} ${n}`), ...Object.entries(refusedByPeer).map(([code, n]) => `${code} ${n} there`)]
  return told.length === 0 ? '–' : told.join(', ')
}

export function Tail({ lines }: { lines: readonly TailLine[] }): JSX.Element {
  return (
    <section class="panel tail" aria-label="Newest changes and events">
      <h2>Newest changes and events</h2>
      <ol>
        {lines.map(({ number, at, host, from, kind, name, text }) => (
          <li key={`${kind} ${number}`}>
            <time>{new Date(at).toLocaleTimeString('en-GB')}</time> <b>{host}</b>{from === null ? '' : from === host ? '' : ` by ${from}`} <span class="kind">{kind}</span> <span class="name">{name}</span> <code>{text}</code>
          </li>
        ))}
      </ol>
      {lines.length === 0 && <p class="empty">Nothing was written or emitted since this page opened.</p>}
    </section>
  )
}
