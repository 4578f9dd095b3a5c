/**
 * Whole sessions gone wrong over real sockets: what hosts said to each other, with bytes flipped, cut, doubled and spliced, in pieces of any
 * size, to a node that others count on. Only coded errors come of it, whoever connects after it is served, and nothing is left open.
 *
 * FUZZ says how many sessions, SEED replays them. The same for single frames, without sockets, is in test/fuzz.test.ts.
 */
import net from 'node:net'
import { readFileSync } from 'node:fs'
import test from 'tape'
import { isGossipError } from '../../index.js'
import { Dice, mutated } from '../mutate.js'
import { loopback, nodeOf, until } from '../nodes.js'

const sessions = Number(process.env.FUZZ ?? 200)
const seed = Number(process.env.SEED ?? Date.now() % 0x7fffffff)

type Said = { from: string; text: string }

const folder = new URL('../golden/', import.meta.url)
/** What one host said in each golden session. */
const tapes = ['session-1.ndjson', 'session-2.ndjson', 'session-3.ndjson', 'session-4.ndjson', 'session-5.ndjson'].flatMap((file) => {
  const said = readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Said)
  return ['α', 'β'].map((host) => said.filter(({ from }) => from === host).map(({ text }) => text))
})
const all = tapes.flat()

/** The bytes of a session of which some frames went wrong, or none did and only the session is another. */
function bytesOf(dice: Dice): Buffer {
  const tape = dice.pick(tapes)
  const frames = tape.flatMap((text) => {
    if (dice.odds(0.1)) return []
    const frame = dice.odds(0.15) ? Buffer.from(mutated(text, dice, dice.pick(all))) : Buffer.from(`${text}\n\n`)
    return dice.odds(0.1) ? [frame, frame] : [frame]
  })
  const bytes = Buffer.concat(frames)
  return dice.odds(0.3) ? bytes.subarray(0, dice.below(bytes.length + 1)) : bytes
}

/** Says some bytes in pieces of any size, and goes in one way or another. */
function attack(port: number, dice: Dice): Promise<void> {
  return new Promise((resolve) => {
    const bytes = bytesOf(dice)
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    socket.on('error', () => {}).once('close', () => resolve())
    const [reads, rude] = [dice.odds(0.8), dice.odds(0.5)]
    if (reads) socket.resume()
    const say = (at: number): void => {
      if (socket.destroyed) return
      if (at < bytes.length) {
        const to = at + 1 + dice.below(dice.odds(0.5) ? 3 : 2_000)
        socket.write(bytes.subarray(at, to), () => setImmediate(say, to))
      } else if (rude) {
        socket.destroy()
      } else {
        socket.end()
        setTimeout(() => socket.destroy(), 200)
      }
    }
    socket.once('connect', () => say(0))
  })
}

test(`${sessions} sessions gone wrong over sockets, from seed ${seed} on, harm nobody but themselves`, async (t) => {
  t.comment(`SEED=${seed} FUZZ=${sessions}`)
  const limits = { faultsMax: 1_000_000, helloMs: 2_000, closeMs: 200, pendingMax: 100, pendingAddressMax: 100, graceMs: 1_000 }
  const node = nodeOf(t, 'β2', { listen: loopback, limits })
  const strange: unknown[] = []
  const codes = new Map<string, number>()
  const judge = (error: unknown): void => {
    if (!isGossipError(error)) strange.push(error)
    else codes.set(error.code, (codes.get(error.code) ?? 0) + 1)
  }
  node.store.on('error', judge).on('disconnect', (_, error) => { if (error !== null) judge(error) })
  await node.ready()
  const port = Number(node.info()?.split(':').at(-1))
  const honest = nodeOf(t, 'honest', { connect: `tcp://127.0.0.1:${port}`, limits })
  const broken: unknown[] = []
  honest.store.on('disconnect', (_, error) => broken.push(error))
  await honest.ready()
  const dice = new Dice(seed)
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    for (let i = lane; i < sessions; i += 8) {
      await attack(port, new Dice(dice.below(2 ** 31)))
      if (i % 10 === 0) honest.store.counter('honest').increment()
    }
  })
  await Promise.all(lanes)
  t.comment([...codes].map(([code, n]) => `${n} ${code}`).join(', '))
  t.deepEqual(strange, [], 'only coded errors are told')
  t.ok(codes.size > 1, 'and there were some')
  await until('nothing is left open', () => node.store.statistics().peers === 1)
  await honest.store.settled({ peers: 1, timeoutMs: 10_000 })
  t.deepEqual([broken, node.store.counter('honest').value], [[], Math.ceil(sessions / 10)], 'the honest link stood, and all that it said was taken')
  const late = nodeOf(t, 'late', { connect: `tcp://127.0.0.1:${port}`, limits })
  await late.ready()
  t.equal(late.store.counter('honest').value, Math.ceil(sessions / 10), 'and who comes after it is served')
})
