/**
 * The names and their values: searched by the host, which may hold any number of them; here is only what can be seen of the list.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { JSX } from 'preact'
import type { Row } from '../server/facts.js'
import { get, post } from './api.js'

const rowPx = 30
const marginRows = 20

/** Browsers draw nothing further down than some millions of pixels. */
const rowsMax = 400_000

type Found = { total: number; found: number; offset: number; rows: Row[] }

export function Values({ base, changes, names, writable }: { base: string; changes: number; names: number; writable: boolean }): JSX.Element {
  const [text, setText] = useState('')
  const [kind, setKind] = useState('')
  const [top, setTop] = useState(0)
  const [found, setFound] = useState<Found | null>(null)
  const [fault, setFault] = useState('')
  const box = useRef<HTMLDivElement>(null)
  const asking = useRef<AbortController | null>(null)
  const first = Math.max(0, Math.floor(top / rowPx) - marginRows)
  const limit = Math.ceil((box.current?.clientHeight ?? 330) / rowPx) + 2 * marginRows
  const look = (): void => {
    asking.current?.abort()
    const abort = new AbortController()
    asking.current = abort
    const query = new URLSearchParams({ search: text, offset: String(first), limit: String(limit), ...(kind === '' ? {} : { kind }) })
    get<Found>(`${base}/names?${query}`, abort.signal).then((answer) => {
      setFound(answer)
      setFault('')
    }, (error: Error) => {
      if (!abort.signal.aborted) setFault(error.message)
    })
  }
  useEffect(() => {
    const timer = setTimeout(look, 80)
    return () => clearTimeout(timer)
  }, [text, kind, first, limit, base])
  // Views come some times a second; a list need not be read as often.
  const slow = useSlow(changes, 500)
  useEffect(look, [slow])
  const many = Math.min(found?.found ?? 0, rowsMax)
  const restart = (set: (value: string) => void) => (event: Event): void => {
    set((event.target as HTMLInputElement).value)
    box.current?.scrollTo(0, 0)
    setTop(0)
  }
  const count = (row: Row): void => void post(`${base}/counters/${encodeURIComponent(row.name)}`, { increment: 1 }).then(look, (error: Error) => setFault(error.message))
  return (
    <section class="panel values" aria-label="Values">
      <h2>Values <small>{found === null || (text === '' && kind === '') ? names.toLocaleString('en') : `${found.found.toLocaleString('en')} of ${names.toLocaleString('en')}`}</small></h2>
      <div class="search">
        <input type="search" placeholder="Search names" aria-label="Search names" value={text} onInput={restart(setText)} />
        <select aria-label="Kind" value={kind} onChange={restart(setKind)}>
          <option value="">all kinds</option>
          {['counter', 'counter:bigint', 'register', 'set'].map((one) => <option key={one}>{one}</option>)}
        </select>
      </div>
      <div class="rows" ref={box} tabIndex={0} role="list" aria-label="Names" onScroll={(event) => setTop((event.target as HTMLElement).scrollTop)}>
        <div class="all" style={{ height: `${many * rowPx}px` }}>
          {found?.rows.map((row, i) => <Line key={`${row.kind}\n${row.name}`} row={row} at={found.offset + i} onCount={writable ? count : undefined} />)}
        </div>
      </div>
      {fault !== '' && <p class="fault" role="alert">{fault}</p>}
      {writable && <Writer base={base} onDone={look} />}
    </section>
  )
}

function Line({ row, at, onCount }: { row: Row; at: number; onCount: ((row: Row) => void) | undefined }): JSX.Element {
  const { kind, name, value, elements } = row
  return (
    <div class="row" role="listitem" style={{ top: `${at * rowPx}px` }}>
      <span class="kind">{kind}</span>
      <span class="name" title={name}>{name}</span>
      <span class="value" title={value}>{elements === undefined ? value : `${elements.toLocaleString('en')}: ${value}`}</span>
      {onCount !== undefined && kind === 'counter' && <button type="button" onClick={() => onCount(row)} aria-label={`Count ${name} up`}>+1</button>}
    </div>
  )
}

/** Counts a name of one's own. */
function Writer({ base, onDone }: { base: string; onDone: () => void }): JSX.Element {
  const [name, setName] = useState('')
  const [fault, setFault] = useState('')
  const write = (event: Event): void => {
    event.preventDefault()
    post(`${base}/counters/${encodeURIComponent(name)}`, { increment: 1 }).then(() => {
      setFault('')
      onDone()
    }, (error: Error) => setFault(error.message))
  }
  return (
    <form class="writer" onSubmit={write}>
      <input placeholder="Name of a counter" aria-label="Name of a counter" value={name} onInput={(event) => setName((event.target as HTMLInputElement).value)} />
      <button type="submit" disabled={name === ''}>Count it up</button>
      {fault !== '' && <span class="fault" role="alert">{fault}</span>}
    </form>
  )
}

/** A value that changes no more often than every so many milliseconds. */
function useSlow(value: number, ms: number): number {
  const [shown, setShown] = useState(value)
  const at = useRef(0)
  useEffect(() => {
    const timer = setTimeout(() => {
      at.current = performance.now()
      setShown(value)
    }, Math.max(0, at.current + ms - performance.now()))
    return () => clearTimeout(timer)
  }, [value])
  return shown
}
