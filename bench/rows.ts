/**
 * The rows of the table, in its order. `--only` takes their names.
 */
import type { Bench } from './bench.js'
import type { Outcome } from './figures.js'
import { audit } from './rows/audit.js'
import { fan } from './rows/fan.js'
import { first } from './rows/first.js'
import { growth } from './rows/growth.js'
import { heap } from './rows/heap.js'
import { hot } from './rows/hot.js'
import { idle } from './rows/idle.js'
import { increments } from './rows/increments.js'
import { reconnect } from './rows/reconnect.js'
import { relay } from './rows/relay.js'
import { ring, saturated } from './rows/ring.js'
import { stalled } from './rows/stalled.js'
import { store } from './rows/store.js'

export const rows: Readonly<Record<string, (bench: Bench) => Promise<Outcome>>> = {
  store, hot, increments, ring, saturated, relay, reconnect, first, idle, heap, stalled, fan, audit, growth
}
