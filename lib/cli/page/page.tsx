/**
 * The page of a host: whether all is well, the network, its values, and what happens; of a demo, all of its hosts with buttons.
 *
 * All that comes from hosts is put in as text, by Preact; there is no markup in it.
 */
import { render, type JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { DemoView } from '../demo/shapes.js'
import type { TailLine, View } from '../server/view.js'
import { get, post, unlock, whenLocked } from './api.js'
import { Controls } from './controls.js'
import { demoPicture, pictureOf, type Line } from './model.js'
import { Peers, Tail } from './peers.js'
import { forgetRates, Rate, short } from './rates.js'
import { follow } from './stream.js'
import { Topology } from './topology.js'
import { Values } from './values.js'

const tailMax = 30

/** What a stream says now; null while it says nothing. */
function useStream<T>(path: string | null): T | null {
  const [value, setValue] = useState<T | null>(null)
  useEffect(() => {
    if (path === null) return
    const abort = new AbortController()
    void follow<T>(path, abort.signal, setValue)
    return () => abort.abort()
  }, [path])
  return value
}

function App(): JSX.Element {
  const [mode, setMode] = useState<{ demo: boolean; hosts: string[] } | null>(null)
  const [locked, setLocked] = useState(false)
  const [host, setHost] = useState('')
  const [tries, setTries] = useState(0)
  whenLocked(() => setLocked(true))
  useEffect(() => {
    get<{ demo: boolean; hosts: string[] }>('/mode').then((found) => {
      setMode(found)
      setHost((now) => (now === '' ? found.hosts[0] ?? '' : now))
    }, () => {
      if (!locked) setTimeout(() => setTries(tries + 1), 1_000)
    })
  }, [tries, locked])
  if (locked) return <Lock onToken={(token) => { unlock(token); setLocked(false); setTries(tries + 1) }} />
  if (mode === null) return <p class="empty">Connecting…</p>
  const base = mode.demo ? `/hosts/${encodeURIComponent(host)}` : ''
  return <Host key={host} base={base} demo={mode.demo} name={host} onHost={(name) => { forgetRates(); setHost(name) }} />
}

function Host({ base, demo, name, onHost }: { base: string; demo: boolean; name: string; onHost: (name: string) => void }): JSX.Element {
  const view = useStream<View>(`${base}/view`)
  const network = useStream<DemoView>(demo ? '/demo/view' : null)
  const [tail, setTail] = useState<readonly TailLine[]>([])
  useEffect(() => {
    if (view !== null && view.tail.length > 0) setTail((before) => [...view.tail.toReversed(), ...before].slice(0, tailMax))
  }, [view])
  const picture = network !== null ? demoPicture(network, name) : view !== null ? pictureOf(view) : null
  const turn = (line: Line): void => void post(`/demo/${line.state === 'cut' ? 'heal' : 'cut'}`, { a: line.a, b: line.b }).catch(() => {})
  return (
    <>
      <Head name={name} view={view} />
      <div class="panels">
        <section class="panel network" aria-label="Network">
          {picture !== null && <Topology picture={picture} onHost={demo ? onHost : undefined} onLine={demo ? turn : undefined} />}
          <Legend demo={demo} />
        </section>
        {network !== null && <Controls view={network} seenFrom={name} onHost={onHost} />}
        {view !== null && <Rates view={view} />}
        {view !== null && <Values base={base} changes={view.changes + view.namesVersion} names={view.names} writable={view.writable} />}
        {view !== null && <Peers view={view} />}
        <Tail lines={tail} />
      </div>
    </>
  )
}

/** Which host this is, whether all is well with it, and since when. */
function Head({ name, view }: { name: string; view: View | null }): JSX.Element {
  const state = view === null ? 'gone' : view.coherent ? 'coherent' : 'incoherent'
  const text = view === null ? 'no answer' : view.coherent ? 'coherent' : 'not coherent'
  return (
    <header>
      <h1><img src="/icon.svg" alt="" width="28" height="28" /> {name}</h1>
      <p class={`flag ${state}`} role="status" data-state={state}>
        <b>{text}</b>{view === null ? '' : ` since ${new Date(view.since).toLocaleTimeString('en-GB')}`}
      </p>
      {view !== null && view.doubts.length > 0 && (
        <ul class="doubts">
          {view.doubts.map(({ host, why, since }) => <li key={host}><b>{host}</b> {why} since {new Date(since).toLocaleTimeString('en-GB')}</li>)}
        </ul>
      )}
    </header>
  )
}

function Rates({ view: { statistics, names, host } }: { view: View }): JSX.Element {
  return (
    <section class="panel rates" aria-label="Rates">
      <Rate label="changes in /s" name={`${host} in`} value={statistics.recvChanges} shown={short} />
      <Rate label="changes out /s" name={`${host} out`} value={statistics.sentChanges} shown={short} />
      <Rate label="bytes in /s" name={`${host} bytes in`} value={statistics.recvBytes} shown={short} />
      <Rate label="bytes out /s" name={`${host} bytes out`} value={statistics.sentBytes} shown={short} />
      <div class="rate"><span class="label">names</span><b>{names.toLocaleString('en')}</b></div>
      <div class="rate"><span class="label">cells in the log</span><b>{statistics.cells.toLocaleString('en')}</b></div>
    </section>
  )
}

function Legend({ demo }: { demo: boolean }): JSX.Element {
  return (
    <p class="legend">
      {['live', 'catching', 'silent', 'away'].map((state) => <span key={state} class={state}>{{ live: 'in step', catching: 'catching up', silent: 'silent', away: demo ? 'cut or no link' : 'no link' }[state]}</span>)}
      {demo && <span class="hint">click a link to cut it, a host to look through it</span>}
    </p>
  )
}

function Lock({ onToken }: { onToken: (token: string) => void }): JSX.Element {
  const [token, setToken] = useState('')
  return (
    <form class="lock" onSubmit={(event) => { event.preventDefault(); onToken(token) }}>
      <label>This host wants its token. <input type="password" autocomplete="off" value={token} onInput={(event) => setToken((event.target as HTMLInputElement).value)} /></label>
      <button type="submit">Open</button>
    </form>
  )
}

const place = document.getElementById('page')
if (place !== null) {
  place.textContent = ''
  render(<App />, place)
}
