/**
 * The demo's buttons: cut and heal cables, kill and restart hosts, stop and go on counting.
 */
import { useState } from 'preact/hooks'
import type { JSX } from 'preact'
import type { DemoView } from '../demo/shapes.js'
import { post } from './api.js'

export function Controls({ view, seenFrom, onHost }: { view: DemoView; seenFrom: string; onHost: (name: string) => void }): JSX.Element {
  const [fault, setFault] = useState('')
  const order = (deed: string, body: object) => () => void post(`/demo/${deed}`, body).then(() => setFault(''), (error: Error) => setFault(error.message))
  const totals = new Set(view.hosts.filter(({ pid }) => pid !== null).map(({ total }) => total))
  return (
    <section class="panel controls" aria-label="Demo">
      <h2>Demo <small data-agree={String(totals.size === 1)}>{totals.size === 1 ? `all hosts count ${[...totals][0]?.toLocaleString('en')} words` : 'hosts differ for now'}</small></h2>
      <div class="scroll" tabIndex={0}>
        <table>
          <thead><tr><th>host</th><th>state</th><th>counted here</th><th>knows of</th><th /></tr></thead>
          <tbody>
            {view.hosts.map(({ name, pid, coherent, words, total }) => (
              <tr key={name} class={pid !== null && coherent ? '' : 'wrong'} data-demo-host={name}>
                <th scope="row"><button type="button" aria-pressed={name === seenFrom} title="Look through this host" onClick={() => onHost(name)}>{name}</button></th>
                <td>{pid === null ? 'down' : coherent ? 'coherent' : 'not coherent'}</td>
                <td>{words.toLocaleString('en')}</td>
                <td data-total>{total.toLocaleString('en')}</td>
                <td>{pid === null
                  ? <button type="button" onClick={order('restart', { host: name })} aria-label={`Restart ${name}`}>restart</button>
                  : <button type="button" onClick={order('kill', { host: name })} aria-label={`Kill ${name}`}>kill</button>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="cables">
        {view.cables.map(({ a, b, cut }) => (
          <button type="button" key={`${a}-${b}`} class={cut ? 'cut' : ''} onClick={order(cut ? 'heal' : 'cut', { a, b })}>{cut ? `heal ${a}–${b}` : `cut ${a}–${b}`}</button>
        ))}
        <button type="button" onClick={order('work', { on: !view.working })}>{view.working ? 'stop counting' : 'go on counting'}</button>
      </p>
      {fault !== '' && <p class="fault" role="alert">{fault}</p>}
    </section>
  )
}
