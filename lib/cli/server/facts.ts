/**
 * What a host knows of itself, of its peers and of its names: `/mode`, `/health`, `/stats`, `/peers`, `/names`, `/explain/NAME`.
 */
import { bigint } from '../../kinds/numbers.js'
import type { Store } from '../../store/store.js'
import { rowsMax, shownMax } from '../bounds.js'
import { whole, type Answer, type Request, type Route } from './answer.js'
import { reading } from './values.js'
import type { Entry } from './directory.js'
import type { Watch } from './watch.js'

/** One name as lists show it. */
export type Row = Entry & { value: string; elements?: number }

export function factRoutes(watch: Watch): Route[] {
  const { node } = watch
  const { store } = node
  const one = (name: string, answer: (request: Request) => Answer): Route => {
    return (request) => (request.path.length === 1 && request.path[0] === name ? answer(request) : null)
  }
  return [
    one('health', () => ({ status: store.coherent ? 200 : 503, json: health(watch) })),
    one('mode', () => ({ json: { demo: false, hosts: [node.host] } })),
    one('stats', () => ({ json: { host: node.host, ...store.statistics() } })),
    one('peers', () => ({ json: { ...reading(store, node.host, node.peers()), listening: node.info() } })),
    one('names', (request) => ({ json: names(watch, request) })),
    ({ path }) => (path.length === 2 && path[0] === 'explain' ? { json: reading(store, path[1] as string, store.explain(path[1] as string)) } : null)
  ]
}

/** Whether all that is expected was heard from, why not, and since when. */
function health({ node, since }: Watch): object {
  const { coherent } = node.store
  return { host: node.host, coherent, since, doubts: node.store.doubts() }
}

/** A window of the names with a text in them, or all, with their values. */
function names(watch: Watch, { query }: Request): object {
  const { directory, node } = watch
  const found = directory.find({ text: query.get('search') ?? '', kind: query.get('kind') })
  const offset = whole(query, 'offset', 0, Number.MAX_SAFE_INTEGER)
  const limit = whole(query, 'limit', 100, rowsMax)
  const rows = found.slice(offset, offset + limit).map((entry) => rowOf(node.store, entry))
  return { total: directory.size, found: found.length, offset, rows, coherent: node.store.coherent }
}

/** A name with its value, as short as a list wants it. */
export function rowOf(store: Store, { kind, name }: Entry): Row {
  if (kind === 'counter') return { kind, name, value: String(store.counter(name).value) }
  if (kind === 'counter:bigint') return { kind, name, value: cut(String(store.counter(name, bigint).value)) }
  if (kind === 'register') return { kind, name, value: cut(JSON.stringify(store.register(name).value) ?? '') }
  if (kind !== 'set') return { kind, name, value: '' }
  const set = store.set(name)
  return { kind, name, value: set.size > 100 ? '' : cut(set.values().join(', ')), elements: set.size }
}

function cut(text: string): string {
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`
}
