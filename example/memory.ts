/**
 * Two stores in memory: each counts for itself, and both come to know the sum.
 *
 *     node --import tsx example/memory.ts
 */
import { createStore, link } from '../index.js'

const alpha = createStore({ host: 'α' })
const beta = createStore({ host: 'β' })

// Written before they meet, and after.
alpha.counter('calls').increment(2)
const cut = link(alpha, beta)
beta.counter('calls').increment(3)
await Promise.all([alpha.settled(), beta.settled()])
console.log('together:', alpha.counter('calls').read(), beta.counter('calls').read())

// Apart, both go on; neither is coherent, and both say so.
cut()
alpha.counter('calls').increment()
console.log('apart:', alpha.counter('calls').read(), beta.counter('calls').read(), alpha.doubts())

// Together again.
link(alpha, beta)
await alpha.settled()
console.log('again:', alpha.counter('calls').read(), beta.counter('calls').read())
await Promise.all([alpha.close(), beta.close()])
