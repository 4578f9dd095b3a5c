/**
 * The script of the page in browser.test.ts: the store "page", joined by the browser's own WebSocket to the store "node" of whoever
 * served the page. The test speaks to it by the names that it leaves in the global scope.
 */
import { createStore } from '../../index.js'
import { doubleline } from '../../lib/wire/codec.js'
import { until } from '../arrival.js'
import { duplexOf } from '../websocket.js'

// As much of the page's surroundings as is used here: the types of the DOM would let all other files use them.
declare const location: { host: string }

const store = createStore({ host: 'page', expect: ['node'] })
const clicks = store.counter('clicks')
const socket = duplexOf(new WebSocket(`ws://${location.host}`))
const stream = store.createStream({ host: 'node' })
stream.sink(doubleline.parse()(socket.source))
socket.sink(doubleline.stringify()(stream.source))

/** Resolves once the counter is at this value, and that is known to be all. */
function reads(value: number): Promise<void> {
  return until(store, () => store.coherent && clicks.value === value)
}

Object.assign(globalThis, { store, clicks, reads })
